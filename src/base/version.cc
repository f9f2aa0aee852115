#include "base/version.h"

#include "base/revision.inc"

namespace exporter {

std::string_view Version() { return EXPORTER_VERSION; }
std::string_view Revision() { return kRevision; }
std::string_view Compiler() { return EXPORTER_COMPILER; }

}  // namespace exporter
