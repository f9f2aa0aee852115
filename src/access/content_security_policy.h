#pragma once

#include <string>
#include <string_view>

namespace exporter {

// The Content-Security-Policy of a page that has one of its `own`, where the
// operator configured another for all answers. The page keeps its own, which
// lets in nothing but what it needs, and which a general one would break. Who
// may frame it is the operator's to say: `frame-ancestors` of `configured`, if
// it has any, stands instead of the page's.
// Source: Content Security Policy Level 3, sections 2.2 (several policies are
// separated by commas, directives by semicolons) and 6.4.2 (frame-ancestors).
std::string MergePolicies(std::string_view own, std::string_view configured);

}  // namespace exporter
