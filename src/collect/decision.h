// Says whether a request may go, and if not, what it waits for: what Admission
// and its parts answer. A value.

#pragma once

#include <memory>

#include "base/error.h"
#include "collect/instant.h"

namespace exporter {

struct Decision {
  enum class Kind {
    kOpen,         // A request may go.
    kProbe,        // Likewise, best of an object that IsFreshProbe.
    kCredentials,  // There are none yet.
    kProof,        // A probe has to prove them first.
    kPause,        // The cloud throttles.
    kOutage,       // Its connections break.
    kRate,         // Our own limit.
    kRefused,      // Do not wait.
  };
  Kind kind = Kind::kOpen;
  SteadyTime until = SteadyTime::max();  // Unless an event comes before.
  // Of kRefused; of the others, what those say who cannot wait so long.
  std::shared_ptr<const Error> why = {};
  const char* whose_limit = "";  // Of kPause.

  [[nodiscard]] bool MayGo() const {
    return kind == Kind::kOpen || kind == Kind::kProbe;
  }
};

}  // namespace exporter
