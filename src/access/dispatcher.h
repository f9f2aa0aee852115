// Leads a request to its answer: decides who may ask, what, and how many at
// once.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "access/access.h"
#include "access/gate.h"
#include "access/peer_gate.h"
#include "access/route.h"
#include "base/clock.h"
#include "base/worker_pool.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"

namespace exporter {

// Safe for concurrent use.
class Dispatcher {
 public:
  // Counts answers in `registry`. Both `access` and `registry` must outlive
  // this object; no Route::Then may be called any more when it ends.
  Dispatcher(std::vector<Route> routes, std::size_t max_requests,
             const AccessWatcher& access, prometheus::Registry& registry);

  // Never blocks: pages, bodies of scrapes and bcrypt are made on worker
  // threads.
  void Dispatch(ServeRequest request, Responder responder, Deadline now);

  // Counts an answer that no route gave, and adds the configured headers.
  void CountOwnAnswer(ServeResponse& response);

 private:
  struct Exchange;

  const Route* FindRoute(const std::string& path) const;
  void Authenticate(std::shared_ptr<Exchange> exchange);
  void Verify(const std::shared_ptr<Exchange>& exchange,
              const BasicAuth::Digest& digest);
  void Refuse(Exchange& exchange);
  void Admit(std::shared_ptr<Exchange> exchange);
  void Run(const std::shared_ptr<Exchange>& exchange);
  void Scrape(const std::shared_ptr<Exchange>& exchange);
  void Answer(const std::shared_ptr<Exchange>& exchange,
              ServeResponse response);
  void Finish(Exchange& exchange, ServeResponse response);
  WorkerPool& MakersOf(const Exchange& exchange);
  void Count(const std::string& handler, int status);

  const std::vector<Route> routes_;
  const AccessWatcher& access_;
  prometheus::Family<prometheus::Counter>& answers_;
  Gate scrapes_;
  Gate pages_;
  PeerGate logins_;
  std::mutex verdicts_mutex_;  // Guards what follows.
  // Those who wait for the verdict on credentials that somebody else brought
  // first (single flight): bcrypt runs once for all of them.
  std::map<BasicAuth::Digest, std::vector<std::shared_ptr<Exchange>>> verdicts_;
  // Scrapes and pages each have their own, so that none waits for the other
  // kind; what is open waits for nobody.
  // Of scrapes. What large bodies begin with, and small ones, goes before most
  // of the rest of large ones, which are made piece by piece.
  WorkerPool writers_;
  WorkerPool page_workers_;
  // Ends first: it gives work to the others.
  WorkerPool login_workers_;
};

}  // namespace exporter
