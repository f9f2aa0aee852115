#include "expose/negotiation.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>

#include "base/header_text.h"

namespace exporter {
namespace {

// One member of the header, e.g. "text/plain;version=0.0.4;q=0.5".
struct Offer {
  std::string_view type;     // "text", "*"
  std::string_view subtype;  // "plain", "*"
  std::string_view version;  // Empty when none is named.
  int quality = 1000;        // In thousandths.
};

// How specific the match of an offer with a format is.
enum class Rank {
  kNone,
  kAnything,        // "*/*"
  kAnySubtype,      // "text/*"
  kUnknownVersion,  // By name, with a version that no format here has.
  kByName,
  kByVersion,  // By name and version.
};

// What the header says of one format, as far as it was read.
struct Match {
  Rank rank = Rank::kNone;
  int quality = 0;           // In thousandths; 0 also where it is refused.
  std::size_t position = 0;  // In the header, counted in members.
};

// A format as offers name it.
struct Name {
  std::string_view type;
  std::string_view subtype;
  std::string_view version;
  bool without_version;  // Meant where no version is named, and by wildcards,
  bool unknown_version;  // and by a version that none of these has.
};

// By Format.
constexpr std::array<Name, 3> kNames = {{
    {"text", "plain", "0.0.4", true, false},
    {"application", "openmetrics-text", "1.0.0", true, true},
    {"application", "openmetrics-text", "2.0.0", false, false},
}};

// As TakeUntil, for separators that are not quoted; blanks are kept.
std::string_view TakeUntilUnquoted(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest.size(); ++at) {
    if (quoted && rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      quoted = !quoted;
    } else if (rest[at] == separator && !quoted) {
      break;
    }
  }
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return taken;
}

std::string_view Unquote(std::string_view text) {
  const bool quoted =
      text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// None if `member` is malformed.
std::optional<Offer> ParseOffer(std::string_view member) {
  Offer offer;
  std::string_view range = TrimBlanks(TakeUntilUnquoted(member, ';'));
  offer.type = TakeUntilUnquoted(range, '/');
  offer.subtype = range;
  if (offer.type.empty() || offer.subtype.empty()) return std::nullopt;

  while (!member.empty()) {
    std::string_view value = TakeUntilUnquoted(member, ';');
    const std::string_view name = TrimBlanks(TakeUntilUnquoted(value, '='));
    value = TrimBlanks(value);
    if (EqualsIgnoringCase(name, "version")) offer.version = Unquote(value);
    if (EqualsIgnoringCase(name, "q")) {
      const std::optional<int> quality = ParseQuality(value);
      if (!quality) return std::nullopt;
      offer.quality = *quality;
    }
  }
  return offer;
}

// REQUIRES: the type and the subtype of `offer` are those of a name.
bool IsKnownVersion(const Offer& offer) {
  return std::any_of(kNames.begin(), kNames.end(), [&](const Name& name) {
    return name.version == offer.version &&
           EqualsIgnoringCase(name.subtype, offer.subtype);
  });
}

Rank RankOf(const Offer& offer, const Name& name) {
  const bool any_type = offer.type == "*";
  const bool any_subtype = offer.subtype == "*";
  if (any_type && !any_subtype) return Rank::kNone;
  if (!any_type && !EqualsIgnoringCase(offer.type, name.type))
    return Rank::kNone;
  const bool is_version = offer.version == name.version;
  if (any_subtype) {
    const bool meant =
        name.without_version && (is_version || offer.version.empty());
    if (!meant) return Rank::kNone;
    return any_type ? Rank::kAnything : Rank::kAnySubtype;
  }
  if (!EqualsIgnoringCase(offer.subtype, name.subtype)) return Rank::kNone;
  if (is_version) return Rank::kByVersion;
  if (offer.version.empty())
    return name.without_version ? Rank::kByName : Rank::kNone;
  const bool asked = offer.quality != 0 && !IsKnownVersion(offer);
  return asked && name.unknown_version ? Rank::kUnknownVersion : Rank::kNone;
}

void Improve(Match& match, Rank rank, const Offer& offer,
             std::size_t position) {
  const bool better =
      rank > match.rank || (rank != Rank::kNone && rank == match.rank &&
                            offer.quality > match.quality);
  if (better) match = {rank, offer.quality, position};
}

// Whether `a` is to be preferred to `b`.
bool Wins(const Match& a, const Match& b) {
  if (a.quality != b.quality) return a.quality > b.quality;
  if (a.quality == 0) return false;
  const Rank a_rank = std::min(a.rank, Rank::kUnknownVersion);
  const Rank b_rank = std::min(b.rank, Rank::kUnknownVersion);
  if (a_rank != b_rank) return a_rank > b_rank;
  return a.position < b.position;
}

}  // namespace

Format NegotiateFormat(std::string_view accept) {
  std::array<Match, kNames.size()> matches;
  for (std::size_t position = 0; !accept.empty(); ++position) {
    const std::optional<Offer> offer =
        ParseOffer(TakeUntilUnquoted(accept, ','));
    if (!offer) continue;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      Improve(matches[i], RankOf(*offer, kNames[i]), *offer, position);
    }
  }
  const Match& text = matches[static_cast<std::size_t>(Format::kText)];
  Match& first = matches[static_cast<std::size_t>(Format::kOpenMetrics)];
  const Match& second =
      matches[static_cast<std::size_t>(Format::kOpenMetrics2)];
  // Who reads a later version and this one is not given an older one.
  if (first.rank == Rank::kUnknownVersion && second.quality != 0) first = {};

  const bool is_second = Wins(second, first);
  const Match& open_metrics = is_second ? second : first;
  if (!Wins(open_metrics, text)) return Format::kText;
  return is_second ? Format::kOpenMetrics2 : Format::kOpenMetrics;
}

std::string_view ContentType(Format format) {
  switch (format) {
    case Format::kText:
      return "text/plain; version=0.0.4; charset=utf-8";
    case Format::kOpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case Format::kOpenMetrics2:
      return "application/openmetrics-text; version=2.0.0; charset=utf-8";
  }
  throw std::logic_error("Format out of range");
}

}  // namespace exporter
