#include "access/dispatcher.h"

#include <prometheus/registry.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "access/content_security_policy.h"
#include "base/header_text.h"
#include "base/log.h"
#include "http/compression.h"

namespace exporter {
namespace {

// The label of what belongs to no route.
constexpr char kNoHandler[] = "other";
// Pages that are being made or sent; bounds the memory that clients which ask
// and do not read can take: a piece each, and what it is made of.
constexpr std::size_t kMaxPages = 64;
constexpr std::size_t kPageThreads = 2;
constexpr std::size_t kWriters = 4;
// Passwords, each another one, that wait for bcrypt. It takes the better part
// of a tenth of a second each, and one core is all that strangers may keep busy
// with it.
constexpr std::size_t kMaxLogins = 64;
constexpr std::size_t kMaxLoginsOfOnePeer = 8;  // Leaves room for the others.
constexpr std::size_t kLoginThreads = 1;

constexpr auto kNoLimit = std::numeric_limits<std::size_t>::max();

bool Allows(const Route& route, const std::string& method) {
  return std::ranges::any_of(route.methods, [&](const std::string& allowed) {
    return allowed == method || (allowed == "GET" && method == "HEAD");
  });
}

std::string AllowHeader(const Route& route) {
  std::string allow;
  for (const std::string& method : route.methods) {
    allow += method == "GET" ? "GET, HEAD, " : method + ", ";
  }
  return allow + "OPTIONS";
}

ServeResponse TooMany() {
  ServeResponse response =
      StatusResponse(503, "too many requests at once, try again later");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// Headers that the handler set itself stay as they are, but for who may frame
// the page.
void AddHeaders(const Access& access, ServeResponse& response) {
  for (const auto& [name, value] : access.headers) {
    const auto own = std::ranges::find_if(
        response.headers, [&name = name](const auto& header) {
          return EqualsIgnoringCase(header.first, name);
        });
    if (own == response.headers.end()) {
      response.headers.emplace_back(name, value);
    } else if (name == "Content-Security-Policy") {
      own->second = MergePolicies(own->second, value);
    }
  }
}

ServeResponse Failed(const Route& route, const std::exception& error) {
  Log(LogLevel::kError, "a request failed",
      {{"path", route.path}, {"err", error.what()}});
  return StatusResponse(500);
}

// What `write` makes; that it failed, where it throws: it may lack memory.
ServeResponse Make(const Route::Write& write, const Route& route) {
  try {
    return write();
  } catch (const std::exception& error) {
    return Failed(route, error);
  }
}

ServeResponse Encoded(ServeResponse response, const ServeRequest& request) {
  Encode(request.Header("Accept-Encoding"), response);
  return response;
}

// Counts one more piece of `response`, which is not kept.
ServeResponse Measured(ServeResponse response) {
  std::string piece;
  if (!response.rest(piece)) response.rest = nullptr;
  response.whole_bytes =
      piece.size() + response.whole_bytes.value_or(response.body.size());
  return response;
}

}  // namespace

struct Dispatcher::Exchange {
  Exchange(ServeRequest asked, Responder to,
           std::shared_ptr<const Access> asked_of)
      : request(std::move(asked)),
        responder(std::move(to)),
        access(std::move(asked_of)) {}

  ServeRequest request;
  const Route* route = nullptr;  // Null: there is none for this path.
  Responder responder;
  std::shared_ptr<const Access> access;
  BasicCredentials credentials{};  // Where passwords are asked for.
  std::shared_ptr<void> ticket;
};

Dispatcher::Dispatcher(std::vector<Route> routes, std::size_t max_requests,
                       const AccessWatcher& access,
                       prometheus::Registry& registry)
    : routes_(std::move(routes)),
      access_(access),
      answers_(prometheus::BuildCounter()
                   .Name("modelarts_exporter_http_requests_total")
                   .Help("HTTP requests answered, by handler and status code.")
                   .Register(registry)),
      scrapes_(max_requests == 0 ? kNoLimit : max_requests),
      pages_(kMaxPages),
      logins_(kMaxLogins, kMaxLoginsOfOnePeer),
      writers_(kWriters),
      page_workers_(kPageThreads),
      login_workers_(kLoginThreads) {
  for (const Route& route : routes_) {
    answers_.Add({{"handler", route.handler_label}, {"code", "200"}});
  }
}

const Route* Dispatcher::FindRoute(const std::string& path) const {
  const auto found = std::ranges::find(routes_, path, &Route::path);
  return found == routes_.end() ? nullptr : &*found;
}

void Dispatcher::Dispatch(ServeRequest request, Responder responder,
                          Deadline now) {
  std::string().swap(request.body);  // Would be kept for all of a scrape.
  auto exchange = std::make_shared<Exchange>(
      std::move(request), std::move(responder), access_.Current());
  exchange->route = FindRoute(exchange->request.path);
  if (exchange->route && exchange->route->open) {
    Admit(std::move(exchange));
    return;
  }
  RateLimiter* limiter = exchange->access->rate_limiter.get();
  if (limiter && !limiter->Allow(now)) {
    Finish(*exchange, StatusResponse(429));
    return;
  }
  Authenticate(std::move(exchange));
}

// Paths that do not exist ask for the password too: which ones do is none of a
// stranger's business.
void Dispatcher::Authenticate(std::shared_ptr<Exchange> exchange) {
  BasicAuth* passwords = exchange->access->passwords.get();
  if (!passwords) {
    Admit(std::move(exchange));
    return;
  }
  std::optional<BasicCredentials> credentials =
      ParseBasicCredentials(exchange->request.Header("Authorization"));
  if (!credentials) {
    Refuse(*exchange);
    return;
  }
  const BasicAuth::Digest digest = passwords->DigestOf(*credentials);
  if (passwords->Remembers(digest)) {
    Admit(std::move(exchange));
    return;
  }
  exchange->credentials = *std::move(credentials);
  {
    const std::lock_guard lock(verdicts_mutex_);
    if (const auto found = verdicts_.find(digest); found != verdicts_.end()) {
      found->second.push_back(std::move(exchange));
      return;
    }
    exchange->ticket = logins_.Enter(exchange->request.peer);
    if (exchange->ticket) verdicts_[digest];
  }
  if (!exchange->ticket) {
    Finish(*exchange, TooMany());
    return;
  }
  login_workers_.Post([this, exchange = std::move(exchange), digest] {
    Verify(exchange, digest);
  });
}

void Dispatcher::Verify(const std::shared_ptr<Exchange>& exchange,
                        const BasicAuth::Digest& digest) {
  const bool is_right =
      exchange->access->passwords->Verify(exchange->credentials);
  exchange->ticket = nullptr;
  std::vector<std::shared_ptr<Exchange>> alike;
  {
    const std::lock_guard lock(verdicts_mutex_);
    alike = std::move(verdicts_.extract(digest).mapped());
  }
  alike.push_back(exchange);
  for (std::shared_ptr<Exchange>& one : alike) {
    if (is_right) {
      Admit(std::move(one));
    } else {
      Refuse(*one);
    }
  }
}

void Dispatcher::Refuse(Exchange& exchange) {
  ServeResponse response = StatusResponse(401);
  response.headers.emplace_back(
      "WWW-Authenticate",
      R"(Basic realm="modelarts_exporter", charset="UTF-8")");
  Finish(exchange, std::move(response));
}

void Dispatcher::Admit(std::shared_ptr<Exchange> exchange) {
  const Route* route = exchange->route;
  if (!route) {
    Finish(*exchange, StatusResponse(404));
    return;
  }
  const std::string& method = exchange->request.method;
  if (!Allows(*route, method)) {
    // OPTIONS is what HAProxy checks with unless it is told of a path.
    ServeResponse response =
        method == "OPTIONS" ? ServeResponse{} : StatusResponse(405);
    response.headers.emplace_back("Allow", AllowHeader(*route));
    Finish(*exchange, std::move(response));
    return;
  }
  if (route->open) {
    Run(exchange);
    return;
  }
  exchange->ticket = (route->scrape ? scrapes_ : pages_).Enter();
  if (!exchange->ticket) {
    Finish(*exchange, TooMany());
  } else if (route->scrape) {
    Scrape(exchange);
  } else {
    page_workers_.Post(
        [this, exchange = std::move(exchange)] { Run(exchange); });
  }
}

void Dispatcher::Run(const std::shared_ptr<Exchange>& exchange) {
  const Route& route = *exchange->route;
  const ServeRequest& request = exchange->request;
  Answer(exchange,
         Make([&] { return Encoded(route.handle(request), request); }, route));
}

void Dispatcher::Scrape(const std::shared_ptr<Exchange>& exchange) {
  const Route& route = *exchange->route;
  try {
    route.scrape(exchange->request, [this, exchange](Route::Write write) {
      writers_.Post([this, exchange, write = std::move(write)]() mutable {
        ServeResponse response =
            Make([&] { return Encoded(write(), exchange->request); },
                 *exchange->route);
        write = nullptr;  // What it was written from is not needed any more.
        Answer(exchange, std::move(response));
      });
    });
  } catch (const std::exception& error) {
    Finish(*exchange, Failed(route, error));
  }
}

// HEAD tells the length of what GET would get: that is made for it, in turn
// with what others get.
void Dispatcher::Answer(const std::shared_ptr<Exchange>& exchange,
                        ServeResponse response) {
  if (!response.rest || exchange->request.method != "HEAD") {
    return Finish(*exchange, std::move(response));
  }
  MakersOf(*exchange).PostLast(
      [this, exchange, response = std::move(response)]() mutable {
        Answer(exchange, Make([&] { return Measured(std::move(response)); },
                              *exchange->route));
      });
}

WorkerPool& Dispatcher::MakersOf(const Exchange& exchange) {
  return exchange.route && exchange.route->scrape ? writers_ : page_workers_;
}

void Dispatcher::Finish(Exchange& exchange, ServeResponse response) {
  AddHeaders(*exchange.access, response);
  Count(exchange.route ? exchange.route->handler_label : kNoHandler,
        response.status);
  exchange.responder.Send(std::move(response),
                          std::exchange(exchange.ticket, nullptr),
                          &MakersOf(exchange));
}

void Dispatcher::CountOwnAnswer(ServeResponse& response) {
  AddHeaders(*access_.Current(), response);
  Count(kNoHandler, response.status);
}

void Dispatcher::Count(const std::string& handler, int status) {
  answers_.Add({{"handler", handler}, {"code", std::to_string(status)}})
      .Increment();
}

}  // namespace exporter
