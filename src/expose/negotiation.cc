#include "expose/negotiation.h"

#include <algorithm>
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

// What the header says of one format, as far as it was read.
struct Match {
  int rank = 0;     // How specific: 0 nothing matches, 1 "*/*", 2 "text/*",
                    // 3 by name, 4 by name and version.
  int quality = 0;  // In thousandths; 0 also where it is refused.
  std::size_t position = 0;  // In the header, counted in members.
};

constexpr int kByName = 3;

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

// The rank of a match of `offer` with a format; 0 if they do not match.
int Rank(const Offer& offer, std::string_view type, std::string_view subtype,
         std::string_view version) {
  if (!offer.version.empty() && offer.version != version) return 0;
  if (offer.type == "*") return offer.subtype == "*" ? 1 : 0;
  if (!EqualsIgnoringCase(offer.type, type)) return 0;
  if (offer.subtype == "*") return 2;
  if (!EqualsIgnoringCase(offer.subtype, subtype)) return 0;
  return offer.version.empty() ? kByName : kByName + 1;
}

void Improve(Match& match, int rank, const Offer& offer, std::size_t position) {
  const bool better = rank > match.rank || (rank != 0 && rank == match.rank &&
                                            offer.quality > match.quality);
  if (better) match = {rank, offer.quality, position};
}

// Whether `a` is to be preferred to `b`.
bool Wins(const Match& a, const Match& b) {
  if (a.quality != b.quality) return a.quality > b.quality;
  if (a.quality == 0) return false;
  const int a_rank = std::min(a.rank, kByName);
  const int b_rank = std::min(b.rank, kByName);
  if (a_rank != b_rank) return a_rank > b_rank;
  return a.position < b.position;
}

}  // namespace

Format NegotiateFormat(std::string_view accept) {
  Match text;
  Match open_metrics;
  for (std::size_t position = 0; !accept.empty(); ++position) {
    const std::optional<Offer> offer =
        ParseOffer(TakeUntilUnquoted(accept, ','));
    if (!offer) continue;
    Improve(text, Rank(*offer, "text", "plain", "0.0.4"), *offer, position);
    Improve(open_metrics,
            Rank(*offer, "application", "openmetrics-text", "1.0.0"), *offer,
            position);
  }
  return Wins(open_metrics, text) ? Format::kOpenMetrics : Format::kText;
}

std::string_view ContentType(Format format) {
  switch (format) {
    case Format::kText:
      return "text/plain; version=0.0.4; charset=utf-8";
    case Format::kOpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
  }
  throw std::logic_error("Format out of range");
}

}  // namespace exporter
