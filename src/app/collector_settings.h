#pragma once

#include "app/credentials_store.h"
#include "collect/settings.h"
#include "config/config.h"

namespace exporter {

// `config` in the words of the collector, with credentials from `store`.
CollectorSettings MakeCollectorSettings(const Config& config, Shard shard,
                                        CredentialsStore& store);

}  // namespace exporter
