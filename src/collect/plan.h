// Defines what the planner is told, and what it says is to be done: values.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "auth/credentials.h"
#include "base/error.h"
#include "base/result.h"
#include "base/token_bucket.h"
#include "collect/instant.h"
#include "collect/settings.h"
#include "collect/trace.h"
#include "model/dataset.h"
#include "model/reading.h"
#include "model/sync_status.h"
#include "net/fetcher.h"

namespace exporter {

using ScrapeId = std::uint64_t;
using RequestId = std::uint64_t;

// What came of a request for the status of a dataset, or for a page of the list
// (then a success has no status).
struct Answer {
  Result<std::optional<SyncStatus>> result;
  // Of a 429: what it asks for, and what it says of the limit.
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::optional<RateLimit> quota = {};
  bool is_limit_of_user = true;
  HttpRequest proved = {};  // Of a 401: the request.
};

// What came of a request for a token or a temporary key.
struct RenewalAnswer {
  std::optional<Error> error;  // None: it was given.
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::optional<RateLimit> quota = {};
};

// What a scrape wants.
struct ScrapeOrder {
  // What it takes and had is counted from here, when it was asked for,
  SteadyTime began;
  SteadyTime deadline;                  // to here.
  std::optional<DatasetKey> only = {};  // None: all datasets.
  std::shared_ptr<Trace> trace = {};    // Of `only`; null: nobody reads it.
  // For CloudLoop: called at most once, on its thread, by the deadline or soon
  // after it; later while the loop is held up, not at all once it has stopped.
  // The readings are none where `only` is not in the catalogue.
  std::function<void(Collection)> done = {};
};

// Where a scrape that begins now has the answer for a dataset from.
struct Source {
  enum class Kind {
    kNewQuery,
    kMemory,         // Of an outcome that is `age` old.
    kQueryUnderWay,  // Somebody wanted it `age` ago.
  };
  Kind kind = Kind::kNewQuery;
  SteadyDuration age{};
};

// What to do now.
struct Plan {
  struct Cancel {
    RequestId request;
    bool is_cut = false;  // Its query queues up again; else nobody waits.
  };
  struct Ask {
    RequestId request;
    std::shared_ptr<const ProjectSettings> project;
    DatasetKey dataset;
    bool is_retry;
  };
  struct List {
    RequestId request;
    std::shared_ptr<const ProjectSettings> project;
  };
  struct Renewal {
    std::uint64_t id;  // For RenewalEnded.
    std::shared_ptr<const ProjectSettings> project;
    Credentials::RenewalRequest request;
  };
  struct Finished {
    ScrapeId scrape;
    ScrapeOrder order;
    Collection collection;
  };
  // A dataset began to fail, fails for another reason, or is well again.
  struct HealthChange {
    DatasetKey dataset;
    std::shared_ptr<const ProjectSettings> project;
    std::shared_ptr<const Error> failure;  // Null: well again.
  };
  struct ListingRefused {
    std::shared_ptr<const ProjectSettings> project;
    std::shared_ptr<const Error> failure;
  };
  // The credentials are refused: the datasets of the project are not asked, but
  // for a few tries. Once, until they are accepted again.
  struct HeldBack {
    std::shared_ptr<const ProjectSettings> project;
    std::shared_ptr<const Error> refusal;
  };

  std::vector<Cancel> cancels;
  std::vector<Ask> asks;
  std::vector<List> lists;
  std::vector<ListingRefused> refused_listings;
  std::vector<HeldBack> held_back;
  std::vector<Renewal> renewals;
  std::vector<Finished> finished;
  std::vector<HealthChange> health;
};

}  // namespace exporter
