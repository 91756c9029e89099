/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What stands between a person and a page: third-party viewers, sites that wrap a URL in their
 * own, search engines. A table and nothing else, sorted by name; how to read it stands in
 * catalogue.h and shape.h. Used by catalogue.c. */

#include "core/catalogue.h"

#include "common/macro.h"
#include "core/catalogue-sources.h"

const Platform catalogue_sites[] = {
        {
                .name = "archive-org",
                .title = "Wayback Machine",
                .source = "https://archive.org/help/wayback_api.php",
                .wraps = "/web/*/{url} /web/{url} /save/{url} /wayback/available?url={url}",
        },
        {
                .name = "archive-other",
                .title = "Other archives",
                .source =
                        "https://timetravel.mementoweb.org/guide/api/, https://arquivo.pt/api and the sites' own links",
                .wraps = "/search?term={url} /list/*/{url} /memento/*/{url} /wayback/*/{url} "
                         "/*/*/{url} /?url={url} /#{url}",
        },
        {
                .name = "archive-today",
                .title = "archive.today",
                .source =
                        "https://archive.today (links of the site); https://en.wikipedia.org/wiki/Help:Using_archive.today",
                .wraps = "/newest/{url} /oldest/{url} /o/*/{url} /submit?url={url} "
                         "/search?q={url} /{url} /*/{url}",
        },
        {
                .name = "baidu",
                .title = "Baidu",
                .source = "the form on the site itself",
                .searches = "/s?wd={text} /s?word={text} /search/*?word={text}",
        },
        {
                .name = "bing",
                .title = "Bing",
                .source = "the form on the site itself",
                .searches = "/search?q={text} /*/search?q={text}",
        },
        {
                .name = "brave",
                .title = "Brave Search",
                .source = "the form on the site itself",
                .searches = "/*?q={text}",
        },
        {
                .name = "door-paypal",
                .title = "PayPal.Me",
                .source = WMN,
                .shapes = "/{paypal}",
        },
        {
                .name = "duckduckgo",
                .title = "DuckDuckGo",
                .source = "the form on the site itself",
                .wraps = "/l?uddg={url}",
                .searches = "/?q={text}",
        },
        {
                .name = "ecosia",
                .title = "Ecosia",
                .source = "the form on the site itself",
                .searches = "/search?q={text} /*?q={text}",
        },
        {
                .name = "google-cache",
                .title = "Google's cache",
                .source = "https://support.google.com/websearch (cached links, withdrawn in 2024)",
                .wraps = "/search?q=cache:{url} /search?q=cache:*:{url}",
        },
        {
                .name = "google-translate",
                .title = "Google Translate",
                .source = "https://developers.google.com/search/docs/appearance/translated-results",
                .wraps = "{host}. /translate?u={url} /website?u={url} /translate_c?u={url}",
        },
        {
                .name = "kagi",
                .title = "Kagi",
                .source = "the form on the site itself",
                .searches = "/search?q={text} /images?q={text} /html/search?q={text}",
        },
        {
                .name = "login-google",
                .title = "Google's sign-in and consent",
                .source = "the sites' own links",
                .wraps = "/?continue={url} /?followup={url}",
        },
        {
                .name = "people-search",
                .title = "People search",
                .source = "the form on the site itself",
                .searches = "/name/{words} /people/{words} /results?name={text} /?q={text} "
                            "/?n={text} /?kw={text} /{words}",
        },
        {
                .name = "proxy-path",
                .title = "Reader proxies",
                .source =
                        "https://jina.ai/reader; https://github.com/wasi-master/13ft; https://github.com/Rob--W/cors-anywhere; links of the sites",
                .wraps = "/proxy?q={url} /iu?u={url} /?url={url} /$?{url} /{url}",
        },
        {
                .name = "qwant",
                .title = "Qwant",
                .source = "the form on the site itself",
                .searches = "/?q={text}",
        },
        {
                .name = "safe-links",
                .title = "Mail scanners",
                .source =
                        "https://learn.microsoft.com/defender-office-365/safe-links-about; links of the mail services",
                .wraps = "/?url={url} /?redirectUrl={url}",
        },
        {
                .name = "search-q",
                .title = "Search engines with q",
                .source = "the form on the site itself",
                .searches = "/?q={text} /?query={text} /?eingabe={text}",
        },
        {
                .name = "search-query",
                .title = "Search engines with query",
                .source = "the form on the site itself",
                .searches = "/?query={text} /?q={text}",
        },
        {
                .name = "searx",
                .title = "SearXNG and others of its kind",
                .source = "https://docs.searxng.org/dev/search_api.html; " LIBREDIRECT,
                .searches = "/search?q={text} /*/search?q={text} /web?s={text} /?q={text}",
        },
        {
                .name = "startpage",
                .title = "Startpage",
                .source = "the form on the site itself",
                .searches = "/?query={text} /?q={text}",
        },
        {
                .name = "translate-other",
                .title = "Other translators",
                .source = "links of the sites",
                .wraps = "/?a={url} /?url={url}",
        },
        {
                .name = "view-bluesky",
                .title = "Bluesky viewers",
                .source = LIBREDIRECT,
                .shapes = "/profile/{bluesky} /{bluesky}",
                .reserved = "profile",
                .wraps = "/?url={url}",
                .viewer = true,
        },
        {
                .name = "view-deviantart",
                .title = "DeviantArt viewers",
                .source = LIBREDIRECT,
                .shapes = "/group_user?q={deviantart} /user/{deviantart}",
                .viewer = true,
        },
        {
                .name = "view-discord",
                .title = "Discord look-up",
                .source = "https://discordlookup.com, https://discord.id, links of the sites",
                .shapes = "/user/{discord} /?prefill={discord}",
                .viewer = true,
        },
        {
                .name = "view-github",
                .title = "GitHub viewers",
                .source = LIBREDIRECT,
                .shapes = "/{github}",
                .reserved = "file raw gist",
                .viewer = true,
        },
        {
                .name = "view-imgur",
                .title = "Imgur viewers",
                .source = LIBREDIRECT,
                .shapes = "/user/{imgur}",
                .viewer = true,
        },
        {
                .name = "view-instagram",
                .title = "Instagram viewers",
                .source =
                        "public code that opens these pages: RSSHub, OSINT tools (search GitHub for the host)",
                .shapes = "/profile/{instagram} /profiles/instagram-viewer?profile={instagram} "
                          "/user-profile/{instagram} /user/{instagram} /u/{instagram} "
                          "/v/{instagram} /c/{instagram} /stories/{instagram} /@{instagram} "
                          "/[lang]/profile/{instagram} /[lang]/stories/{instagram} "
                          "/[lang]/@{instagram} /?profile={instagram} /?username={instagram} "
                          "/?user={instagram} /content.php?url={instagram} /{instagram}",
                .reserved = "p tag tags post posts media location locations trending story "
                            "stories reels en de fr es it pt ru pl nl tr ja ko zh id ar v c u "
                            "user profile profiles highlight highlights content.php "
                            "instagram-viewer instagram-story-viewer instagram-downloader",
                .wraps = "/?url={url}",
                .viewer = true,
        },
        {
                .name = "view-many",
                .title = "Statistics of users",
                .source =
                        "public code that opens these pages: RSSHub, OSINT tools (search GitHub for the host)",
                .shapes = "/instagram/user/{instagram} /instagram/{instagram} "
                          "/analysis/{instagram} /twitter/user/{x} /x/user/{x} "
                          "/youtube/@{youtube} /youtube/handle/{youtube} /youtube/c/{youtube} "
                          "/youtube/channel/{youtube.channel} /youtube/user/{youtube.legacy} "
                          "/tiktok/user/{tiktok} /tiktok/{tiktok} /twitch/user/{twitch} "
                          "/facebook/user/{facebook}",
                .reserved = "user",
                .viewer = true,
        },
        {
                .name = "view-medium",
                .title = "Medium viewers",
                .source = LIBREDIRECT,
                .shapes = "/@{medium}",
                .viewer = true,
        },
        {
                .name = "view-pinterest",
                .title = "Pinterest viewers",
                .source = LIBREDIRECT,
                .shapes = "/{pinterest}",
                .reserved = "pin img search.php",
                .viewer = true,
        },
        {
                .name = "view-pixiv",
                .title = "pixiv viewers",
                .source = LIBREDIRECT,
                .shapes = "/users/{pixiv.id} /[lang]/users/{pixiv.id}",
                .viewer = true,
        },
        {
                .name = "view-quora",
                .title = "Quora viewers",
                .source = LIBREDIRECT,
                .shapes = "/profile/{quora}",
                .viewer = true,
        },
        {
                .name = "view-reddit",
                .title = "Reddit viewers",
                .source = LIBREDIRECT,
                .shapes = "/user/{reddit} /u/{reddit} /y/{reddit}",
                .searches = "/search?q={text} /r/*/search?q={text}",
                .viewer = true,
        },
        {
                .name = "view-soundcloud",
                .title = "SoundCloud viewers",
                .source = LIBREDIRECT,
                .shapes = "/{soundcloud}",
                .reserved = "_",
                .viewer = true,
        },
        {
                .name = "view-telegram",
                .title = "Telegram viewers",
                .source = "https://tgstat.com and https://telemetr.me, links of the sites",
                .shapes = "/channel/@{telegram} /[lang]/channel/@{telegram} "
                          "/content/{telegram} /channels/{telegram} "
                          "/[lang]/channels/*-{telegram} /@{telegram}",
                .viewer = true,
        },
        {
                .name = "view-threads",
                .title = "Threads viewers",
                .source = LIBREDIRECT,
                .shapes = "/@{threads}",
                .viewer = true,
        },
        {
                .name = "view-tiktok",
                .title = "TikTok viewers",
                .source =
                        "public code that opens these pages: RSSHub, OSINT tools (search GitHub for the host); " LIBREDIRECT
                        " for ProxiTok",
                .shapes = "/user/tiktok/{tiktok} /user/@{tiktok} /user/{tiktok} "
                          "/profile/@{tiktok} /profile/{tiktok} /@{tiktok} "
                          "/[lang]/user/@{tiktok} /[lang]/user/{tiktok}",
                .reserved = "tiktok",
                .viewer = true,
        },
        {
                .name = "view-tumblr",
                .title = "Tumblr viewers",
                .source = LIBREDIRECT,
                .shapes = "/{tumblr}",
                .reserved = "tagged",
                .viewer = true,
        },
        {
                .name = "view-twitch",
                .title = "Twitch viewers",
                .source =
                        "https://twitchtracker.com, https://sullygnome.com, https://streamscharts.com, links of the sites; " LIBREDIRECT
                        " for SafeTwitch",
                .shapes = "/channel/{twitch} /channels/{twitch} /{twitch}",
                .reserved = "channel channels games statistics clips videos overlap",
                .viewer = true,
        },
        {
                .name = "view-x",
                .title = "X viewers",
                .source = LIBREDIRECT,
                .shapes = "/user/{x} /search/user/{x} /nitter/{x} /@{x} /{x}",
                .reserved = "pic i intent thread threads user hashtag trending nitter redlib "
                            "libreddit invidious rss hosts",
                .searches = "/search?q={text}",
                .viewer = true,
        },
        {
                .name = "view-youtube",
                .title = "YouTube viewers",
                .source = LIBREDIRECT,
                .shapes = "/@{youtube} /c/{youtube} /channel/{youtube.channel} "
                          "/user/{youtube.legacy} /youtube/channel/{youtube.channel}",
                .searches = "/search?q={text} /results?search_query={text}",
                .viewer = true,
        },
        {
                .name = "wrap-query",
                .title = "Dereferrers",
                .source = CLEARURLS,
                .wraps = "/?{url}",
        },
        {
                .name = "wrap-u",
                .title = "Redirectors with u",
                .source = CLEARURLS,
                .wraps = "/?u={url}",
        },
        {
                .name = "wrap-url",
                .title = "Redirectors with url",
                .source = CLEARURLS,
                .wraps = "/?url={url} /?redirect={url}",
        },
        {
                .name = "wrap-z",
                .title = "Tumblr's redirector",
                .source = CLEARURLS,
                .wraps = "/redirect?z={url}",
        },
        {
                .name = "yahoo",
                .title = "Yahoo",
                .source = "the form on the site itself",
                .searches = "/search?p={text} /search/*?p={text}",
        },
        {
                .name = "yandex",
                .title = "Yandex",
                .source = "the form on the site itself",
                .searches = "/search?text={text} /*/search?text={text}",
        },
};

const size_t catalogue_n_sites = ARRAY_LEN(catalogue_sites);
