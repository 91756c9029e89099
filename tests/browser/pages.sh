# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The pages of the lab: what nginx needs to serve any path under the platforms' real names on loopback,
# with certificates of an authority that is made anew each time. Sourced by the browser lab and by the
# booted system.

# Every host that a page is served for. A test may bring more of them in PAGES_MORE.
PAGES_NAMES=(
        instagram.com www.instagram.com m.instagram.com
        facebook.com www.facebook.com m.facebook.com
        x.com twitter.com www.tiktok.com
        www.google.com www.google.de www.bing.com duckduckgo.com
        alexdoe.example www.alexdoe.example blog.alexdoe.example
        news.example alexdoe.example.news.example
        "${PAGES_MORE[@]}"
)

# Where they are served; one that is not of loopback is like a server elsewhere.
PAGES_ADDRESS=${PAGES_ADDRESS:-127.0.0.1}

pages_hosts() {
        echo "127.0.0.1 localhost"
        printf "$PAGES_ADDRESS %s\n" "${PAGES_NAMES[@]}"
}

pages_certificates() {
        local dir=$1 names
        names=$(printf 'DNS:%s,' "${PAGES_NAMES[@]}")
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
                -subj "/CN=nocontact lab authority" -addext "keyUsage=critical,keyCertSign,cRLSign" \
                -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null &&
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=nocontact lab" \
                        -keyout "$dir/key.pem" -out "$dir/request.pem" 2>/dev/null &&
                openssl x509 -req -in "$dir/request.pem" -days 30 -CA "$dir/ca.pem" \
                        -CAkey "$dir/ca.key" -CAcreateserial -out "$dir/cert.pem" \
                        -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "${names%,}") \
                        2>/dev/null
}

# pages_write DIR [SEEN]: ca.pem, the server's certificate and nginx.conf in DIR, which nginx will see as
# SEEN. It logs each address that is asked for to DIR/visits.
#
# Any path gives a page that is titled by its address. /spa/PATH gives one that goes on to /PATH by
# history.pushState once it is shown, as such sites do; /seen tells the log that this has happened, and
# for /.../witness that it was painted. /.../kept may be kept whole for the way back. /302/PATH and
# /lead/HOW/PATH lead to Instagram's /PATH, the latter in the way that is called HOW. /NAME/titled has the title
# of a profile. /feed/WORD is full of posts, and tells the log of each whether it is to be seen, whenever that
# changes. /go/ADDRESS leads to https://ADDRESS, /link/ADDRESS has a link there, and /NAME/watched is watched closely.
pages_write() {
        local dir=$1 seen=${2-$1}
        mkdir -p "$dir/tmp"
        pages_certificates "$dir" || return 1
        # nginx takes no more than 4096 bytes in its own file
        pages_hostile >"$dir/hostile.html"
        cat >"$dir/nginx.conf" <<CONF
user root;
worker_processes 1;
pid $seen/nginx.pid;
error_log $seen/errors;
events { worker_connections 1024; }
http {
        log_format address '\$scheme://\$host\$request_uri \$http_user_agent';
        access_log $seen/visits address;
        client_body_temp_path $seen/tmp; proxy_temp_path $seen/tmp; fastcgi_temp_path $seen/tmp;
        uwsgi_temp_path $seen/tmp; scgi_temp_path $seen/tmp;
        default_type text/html; charset utf-8;
        add_header Cache-Control no-store;
        server { listen $PAGES_ADDRESS:80 default_server; return 301 https://\$host\$request_uri; }
        server {
                listen $PAGES_ADDRESS:443 ssl http2 default_server;
                ssl_certificate $seen/cert.pem;
                ssl_certificate_key $seen/key.pem;
                location ~ ^/go/(?<there>.*) { return 302 https://\$there; }
                location ~ ^/link/(?<there>.*) { return 200 '<!doctype html><a href="https://\$there">there</a>'; }
                location ~ /watched { return 200 '$(pages_watched)'; }
                location = /favicon.ico { access_log off; return 204; }
                location = /seen { return 204; }
                location = /widget { return 200 '$(pages_widget)'; }
                location ~ /kept { add_header Cache-Control max-age=600; return 200 '$(pages_kept)'; }
                location ~ ^/302/(?<to>.*)\$ { return 302 https://www.instagram.com/\$to; }
                location ~ ^/lead/(?<how>[a-z]+)/(?<to>.*)\$ { return 200 '$(pages_lead)'; }
                location ~ ^/([^/]+)/titled { return 200 '$(pages_titled)'; }
                location ~ /witness { return 200 '$(pages_witness)'; }
                location /hostile/ { root $seen; try_files /hostile.html =404; }
                location /feed/ { return 200 '$(pages_posts)'; }
                location /spa/ { return 200 '$(pages_feed)'; }
                location / { return 200 '$(pages_profile)'; }
        }
}
CONF
}

pages_feed() {
        cat <<'PAGE'
<!doctype html><title>feed</title><body><h1>feed</h1><script>
setTimeout(function () {
        var to = location.pathname.replace("/spa", "");
        history.pushState({}, "", to);
        document.title = location.host + to;
        document.body.firstChild.textContent = document.title;
        fetch("/seen?" + to);
}, 300);
</script>
PAGE
}

# Posts, comments and suggestions of several people, in the manner of such sites; one is alex.doe.
pages_posts() {
        cat <<'PAGE'
<!doctype html><title>At $host$uri</title><body>
<nav id="nav"><a href="/alex.doe/">alex.doe</a></nav>
<main id="main"><div role="feed" id="feed">
<article id="theirs"><a href="/alex.doe/">alex.doe</a><p>A day at the sea.</p></article>
<article id="other"><a href="/sam.smith/">sam.smith</a><p>Alex was here, said Doe.</p></article>
<article id="neighbour"><a href="/alex.doe2/">alex.doe2</a><p>A day at home.</p></article>
<article id="mention"><a href="/sam.smith/">sam.smith</a><p>With <a href="/alex.doe">@alex.doe</a></p></article>
<article id="talk"><a href="/sam.smith/">sam.smith</a><ul>
<li id="comment"><a href="/alex.doe/">alex.doe</a> Nice.</li>
<li id="answer"><a href="/kim/">kim</a> Indeed.</li></ul></article>
<div id="plain-unit"><a href="/alex.doe/p/Cx1/">a memory</a></div>
<article id="recycled"><a href="/alex.doe/reels/">a reel</a></article>
<article id="turned"><a href="/kim/reels/">a reel</a></article>
<shreddit-post id="made"><a href="https://www.instagram.com/alex.doe/p/Cx2/">a post</a></shreddit-post>
</div>
<ul><li id="list"><a href="/alex.doe/">alex.doe</a><ul>
<li>1</li><li>2</li><li>3</li><li>4</li><li>5</li><li>6</li><li>7</li><li>8</li><li>9</li></ul></li></ul>
<div role="list" id="suggestions">
<div role="listitem" id="known"><span>Alex Doe</span> <button>Follow</button></div>
<div role="listitem" id="first"><span>Alex</span> <button>Follow</button></div>
<div role="listitem" id="like"><span>Alex Doering</span> <button>Follow</button></div></div>
<div role="listbox" id="box"><div role="option" id="found">Alex Doe</div>
<div role="option" id="asked">Alex Doe photos</div></div>
</main><script>
var seen = {};
function tell() {
        document.querySelectorAll("[id]").forEach(function (e) {
                var state = e.getClientRects().length ? "shown" : "hidden";
                if (seen[e.id] !== state && document.readyState === "complete")
                        navigator.sendBeacon("/seen?feed" + location.pathname + "/" + e.id + "/" + state + "/");
                if (document.readyState === "complete")
                        seen[e.id] = state;
        });
}
setInterval(tell, 100);
addEventListener("message", function () {
        var late = document.getElementById("theirs").cloneNode(true);
        late.id = "late";
        late.style.cssText = "";
        document.getElementById("feed").append(late);
        document.querySelector("#recycled a").href = "/kim/reels/";
        document.querySelector("#turned a").href = "/alex.doe/reels/";
});
document.onclick = function () { postMessage("more", "*"); };
</script>
PAGE
}

# Tries to learn from the outside whether nocontact is there and whom it keeps from: /hostile/WORD#EXTENSION, by
# the address of the extension. Two profiles are compared, /alex.doe and /sam.smith; each click opens the next
# of them. What it finds goes to the log.
pages_hostile() {
        cat <<'PAGE'
<!doctype html><title>hostile</title><body><h1>hostile</h1><script>
document.title = "At " + location.host + location.pathname;
var changes = [];
new MutationObserver(function (all) {
        all.forEach(function (one) { changes.push(one.attributeName); });
}).observe(document.documentElement, { attributes: true });
var mine = location.pathname.slice(9), extension = decodeURIComponent(location.hash.slice(1));
var site = "https://www.instagram.com/", people = ["alex.doe", "sam.smith"];
function found(what, value) {
        navigator.sendBeacon("/seen?found/" + mine + "/" + what + "/" + value + "/");
}
function timed(start) {
        return new Promise(function (done) {
                var from = performance.now();
                start(function (word) { done([word, performance.now() - from]); });
        });
}
var ways = {
        fetch: function (url, done) {
                fetch(url, { mode: "no-cors" }).then(function (r) { done("is-" + r.type); }, function () { done("fails"); });
        },
        frame: function (url, done) {
                var e = document.createElement("iframe");
                e.onload = function () {
                        var word = "loads-" + e.contentWindow.length;
                        e.remove();
                        done(word);
                };
                e.src = url;
                document.body.append(e);
        },
        prefetch: function (url, done) {
                var e = document.createElement("link");
                e.rel = "prefetch";
                e.onload = function () { done("loads"); };
                e.onerror = function () { done("fails"); };
                e.href = url;
                document.head.append(e);
        },
        script: function (url, done) {
                var e = document.createElement("script");
                e.onload = function () { done("loads"); };
                e.onerror = function () { done("fails"); };
                e.src = url;
                document.body.append(e);
        },
        image: function (url, done) {
                var e = new Image();
                e.onload = function () { done("loads"); };
                e.onerror = function () { done("fails"); };
                e.src = url;
        },
};
async function compare(way) {
        var words = [new Set(), new Set()], times = [0, 0];
        // the first of each is not timed, since it may have to connect
        for (var n = -2; n < 20; n++) {
                var one = await timed(ways[way].bind(null, site + people[n & 1] + "/" + way + n));
                words[n & 1].add(one[0]);
                times[n & 1] += n < 0 ? 0 : one[1] / 10;
        }
        people.forEach(function (who, i) { found(way + "-of-" + who, [...words[i]].join("+")); });
        found("msec-of-" + way, times.map(Math.round).join("-and-"));
}
async function reach() {
        for (var file of ["pause.html", "pause.js", "exposure.js", "background.js", "icon.svg", "manifest.json"])
                for (var way of ["fetch", "image", "script"])
                        found("own-" + way, (await timed(ways[way].bind(null, extension + file)))[0]);
        var runtime = (globalThis.chrome && chrome.runtime) || (globalThis.browser && browser.runtime);
        found("runtime", runtime ? "there" : "none");
        var answers = 0;
        addEventListener("message", function (e) { if (e.data !== mine) answers++; });
        for (var message of [{ covered: true }, { pause: true }, { exposed: [site + "alex.doe/"], names: [] }, mine])
                postMessage(message, "*");
        setTimeout(function () { found("answers", answers - 3); }, 500);
}
var opened = 0;
document.onclick = function () {
        var who = people[opened++], w = open(site + who + "/opened-" + mine), had = history.length;
        setTimeout(function () {
                found("window-of-" + who, "closed-" + w.closed + "-frames-" + w.length);
                found("history-of-" + who, history.length - had);
                w.close();
        }, 3000);
};
onload = async function () {
        for (var way of ["fetch", "frame", "prefetch"])
                await compare(way);
        await reach();
        found("changes", changes.join("+") || "none");
        found("style", document.documentElement.hasAttribute("style"));
        found("world", typeof nocontactLookAgain);
        found("end", "end");
};
</script>
PAGE
}

# A page of somebody else's that embeds parts of a platform, as many do.
pages_widget() {
        cat <<'PAGE'
<!doctype html><title>$host$uri</title><body><h1>$host$uri</h1>
<img src="https://www.instagram.com/p/1/media/" alt="">
<script async src="https://www.instagram.com/embed.js"></script>
<iframe src="https://www.instagram.com/p/1/embed/"></iframe>
<script>
window.addEventListener("load", function () { fetch("/seen?widget"); });
</script>
PAGE
}

# Tells the log when it is painted. Firefox names no window after a title that is an address.
pages_witness() {
        cat <<'PAGE'
<!doctype html><title>At $host$uri</title><body><h1>$host$uri</h1><script>
new PerformanceObserver(function () { fetch("/seen?painted" + location.pathname); })
        .observe({ type: "paint", buffered: true });
</script>
PAGE
}

# Titled as Instagram does it.
pages_titled() {
        cat <<'PAGE'
<!doctype html><title>Somebody (@$1) • Instagram photos and videos</title><body><h1>$1</h1>
PAGE
}

# Tells the log when it is shown again as it was kept, and whether there is anything to be seen of it.
pages_kept() {
        cat <<'PAGE'
<!doctype html><title>At $host$uri</title><body><h1>$host$uri</h1><script>
addEventListener("pageshow", function (event) {
        requestAnimationFrame(function look(time, n) {
                if (event.persisted)
                        navigator.sendBeacon("/seen?again/" + getComputedStyle(document.body).visibility +
                                location.pathname);
                if ((n || 0) < 20)
                        requestAnimationFrame(function (t) { look(t, (n || 0) + 1); });
        });
});
</script>
PAGE
}

# A click anywhere counts.
pages_lead() {
        cat <<'PAGE'
<!doctype html><title>At $host/lead/$how</title>
<body><a id="to" href="https://www.instagram.com/$to" style="display:block;height:800px">$how</a><script>
var to = document.getElementById("to");
({
        link: function () {},
        meta: function () {
                var meta = document.createElement("meta");
                meta.httpEquiv = "refresh";
                meta.content = "1;url=" + to.href;
                document.head.append(meta);
        },
        script: function () { setTimeout(function () { location.href = to.href; }, 300); },
        replace: function () { setTimeout(function () {
                history.replaceState({}, "", to.pathname);
                document.title = "At " + location.host + location.pathname;
        }, 300); },
        blank: function () { to.target = "_blank"; },
        open: function () { to.onclick = function () { window.open(to.href); return false; }; },
        window: function () { to.onclick = function () {
                window.open(to.href, "", "width=500,height=400,noopener");
                return false;
        }; },
        frame: function () {
                var frame = document.createElement("iframe");
                frame.onload = function () { fetch("/seen?framed"); };
                frame.src = to.href;
                document.body.append(frame);
        },
        prerender: function () {
                var rules = document.createElement("script");
                rules.type = "speculationrules";
                rules.textContent = JSON.stringify({ prerender: [{ urls: [to.href], eagerness: "immediate" }] });
                document.head.append(rules);
        },
        prefetch: function () {
                var link = document.createElement("link");
                link.rel = "prefetch";
                link.href = to.href;
                document.head.append(link);
        },
})["$how"]();
</script>
PAGE
}

# In the manner of a profile: enough for a person to recognise on a screenshot.
pages_profile() {
        cat <<'PAGE'
<!doctype html><title>$host$uri</title>
<body style="margin:0;font:16px sans-serif;background:#fafafa;color:#222">
<div style="padding:14px 40px;background:#fff;border-bottom:1px solid #ddd"><b>$host</b></div>
<div style="padding:40px">
<div style="float:left;width:120px;height:120px;border-radius:60px;background:#c8d4e0"></div>
<div style="margin-left:160px">
<h1 style="font-weight:300">$uri</h1><p>214 posts &nbsp; 1,093 followers &nbsp; 388 following</p></div>
<div style="clear:both;padding-top:40px">
<div style="display:inline-block;width:220px;height:220px;background:#dfe6da;margin:6px"></div>
<div style="display:inline-block;width:220px;height:220px;background:#e6dcd3;margin:6px"></div>
<div style="display:inline-block;width:220px;height:220px;background:#d3dee6;margin:6px"></div>
</div></div>
PAGE
}

# Tells the log of its first paint and of the first frame in which it is not hidden, also when it is led away at once.
pages_watched() {
        cat <<'PAGE'
<!doctype html><title>At $host$uri</title><body><h1>$host$uri</h1><script>
function tell(what) { fetch("/seen?" + what + location.pathname, { keepalive: true }); }
function look() {
        if (getComputedStyle(document.documentElement).visibility === "visible")
                tell("frame");
        else
                requestAnimationFrame(look);
}
new PerformanceObserver(function () { tell("painted"); }).observe({ type: "paint", buffered: true });
requestAnimationFrame(look);
</script>
PAGE
}
