#pragma once

#include <string>
#include <string_view>

namespace exporter {

// Appends `text` to `html` so that it is text there and nothing else, between
// tags and in quoted attributes alike. Malformed UTF-8 and control characters
// become U+FFFD, but for the line feed and the tab.
//
// Characters that change the direction of writing stay: put foreign text into
// an element that isolates it, <bdi> or <code> on our pages.
void AppendEscaped(std::string& html, std::string_view text);

// "<tag>text</tag>", escaped likewise. REQUIRES: `tag` is one of ours.
void AppendElement(std::string& html, std::string_view tag,
                   std::string_view text);

}  // namespace exporter
