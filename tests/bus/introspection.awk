# Brings introspection data, a daemon's or ours, into one line for each thing that a caller can rely on:
#
#   INTERFACE MEMBER WHAT [ARGUMENT TYPE DIRECTION]
#
# Comments and the freedesktop interfaces are left out; defaults are filled in.

function attribute(tag, name,    at) {
        at = match(tag, "[ \t]" name "=\"[^\"]*\"")
        return at ? substr(tag, at + length(name) + 3, RLENGTH - length(name) - 4) : ""
}

function element(tag,    kind) {
        kind = tag
        sub(/[ \t\n\/>].*/, "", kind)
        if (kind == "interface") {
                interface = attribute(tag, "name")
        } else if (kind == "method" || kind == "signal" || kind == "property") {
                what = kind
                member = attribute(tag, "name")
                print interface, member, what, attribute(tag, "type"), attribute(tag, "access")
        } else if (kind == "arg") {
                direction = attribute(tag, "direction")
                if (direction == "")
                        direction = what == "signal" ? "out" : "in"
                # the order counts
                print interface, member, what, "argument", direction, ++n, attribute(tag, "name"), attribute(tag, "type")
        } else if (kind == "annotation") {
                print interface, member, what, attribute(tag, "name"), attribute(tag, "value")
        }
        if (kind == "method" || kind == "signal" || kind == "property")
                n = 0
}

{ text = text $0 "\n" }

END {
        while ((start = index(text, "<!--")) > 0) {
                rest = substr(text, start)
                text = substr(text, 1, start - 1) substr(rest, index(rest, "-->") + 3)
        }
        count = split(text, tags, "<")
        for (i = 2; i <= count; i++)
                if (tags[i] ~ /^[a-z]/)
                        element(tags[i])
}
