#pragma once

#include <string>
#include <string_view>

namespace exporter {

// `json` without what no parser takes, though everybody can tell what was
// meant, so that one odd value does not cost the whole reply:
//   in a text   bytes that are no UTF-8 (Latin-1, GBK, half a character), half
//               of a surrogate pair, an unknown escape: U+FFFD for each; a
//               control character: a blank
//   a number    beyond any double, or NaN, Infinity, -Infinity, as Python and
//               others write them: 1e300, which is no count either
// Whatever else is no JSON stays none. To be used where the bytes as they came
// were refused.
std::string MendedJson(std::string_view json);

// Whether `text`, read from a reply, may have been mended: it holds a U+FFFD.
// As a name or a secret it would be another one.
bool MayBeMended(std::string_view text);

}  // namespace exporter
