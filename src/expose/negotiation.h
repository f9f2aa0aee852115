// Decides which of the text formats a client gets. Knows HTTP's Accept header
// and nothing of metrics.

#pragma once

#include <string_view>

namespace exporter {

enum class Format {
  kText,          // Prometheus text format 0.0.4
  kOpenMetrics,   // OpenMetrics 1.0.0
  kOpenMetrics2,  // OpenMetrics 2.0.0, a release candidate
};

// The format that `accept`, the value of an Accept header, asks for; several
// headers are joined with ", " first. What names no format and no wildcard over
// one (protobuf, say) is passed over, and so is what is malformed or offers
// another version of the text format.
//  - kOpenMetrics2 only where its version is named. OpenMetrics without a
//    version, or of a version that is unknown here, is kOpenMetrics, the
//    oldest; to refuse an unknown version (q=0) refuses nothing.
//  - The more specific of two offers for one format counts, as in RFC 9110.
//  - The format of higher quality wins; of the same quality, the one that is
//    named rather than matched by a wildcard, then the one named first.
//  - kText if nothing matches, if only "*/*" does, and if `accept` is empty.
// Takes time linear in the size of `accept` and no memory.
// Source: RFC 9110, section 12.5.1; OpenMetrics 2.0, Protocol Negotiation;
// client_golang, expfmt.Negotiate.
Format NegotiateFormat(std::string_view accept);

// The Content-Type header of an answer in `format`.
std::string_view ContentType(Format format);

}  // namespace exporter
