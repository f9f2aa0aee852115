// Which of the two text formats a client gets. Knows HTTP's Accept header and
// nothing of metrics.

#pragma once

#include <string_view>

namespace exporter {

enum class Format {
  kText,         // Prometheus text format 0.0.4
  kOpenMetrics,  // OpenMetrics 1.0.0
};

// The format that `accept`, the value of an Accept header, asks for; several
// headers are joined with ", " first. What names neither format nor a wildcard
// over one (protobuf, say) is passed over, and so is what offers another
// version or is malformed.
//  - The more specific of two offers for one format counts, as in RFC 9110.
//  - The format of higher quality wins; of the same quality, the one that is
//    named rather than matched by a wildcard, then the one named first.
//  - kText if nothing matches, if only wildcards over both do, and if `accept`
//    is empty.
// Takes time linear in the size of `accept` and no memory.
// Source: RFC 9110, section 12.5.1; client_golang, expfmt.Negotiate.
Format NegotiateFormat(std::string_view accept);

// The Content-Type header of an answer in `format`.
std::string_view ContentType(Format format);

}  // namespace exporter
