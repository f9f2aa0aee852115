#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "net/fetcher.h"

namespace exporter {

// A network that plays back a script. Replies come in the order in which they
// were scripted, one for each Deliver; a request too many is kConnect.
class ScriptedFetcher final : public Fetcher {
 public:
  ScriptedFetcher& Reply(int status, std::string body = "") {
    script_.push_back(HttpReply{status, {}, std::move(body)});
    return *this;
  }

  ScriptedFetcher& Break(ErrorKind kind) {
    script_.push_back(Fail(kind, "scripted"));
    return *this;
  }

  Ticket Start(HttpRequest request, Done done) override {
    seen.push_back(request);
    waiting_.push_back({next_ticket_, std::move(done), std::move(request)});
    return next_ticket_++;
  }

  void Cancel(Ticket ticket) override {
    std::erase_if(waiting_,
                  [&](const Waiting& w) { return w.ticket == ticket; });
  }

  // Answers the request that has waited longest.
  // REQUIRES: one is waiting.
  void Deliver() {
    Waiting oldest = std::move(waiting_.front());
    waiting_.pop_front();
    Result<HttpReply> reply = Fail(ErrorKind::kConnect, "script is over");
    if (!script_.empty()) {
      reply = std::move(script_.front());
      script_.pop_front();
    }
    oldest.done(std::move(reply), std::move(oldest.request));
  }

  [[nodiscard]] std::size_t Waits() const { return waiting_.size(); }

  std::vector<HttpRequest> seen;

 private:
  struct Waiting {
    Ticket ticket;
    Done done;
    HttpRequest request;
  };

  Ticket next_ticket_ = 1;
  std::deque<Waiting> waiting_;
  std::deque<Result<HttpReply>> script_;
};

}  // namespace exporter
