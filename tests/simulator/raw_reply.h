#pragma once

#include <string>
#include <utility>

#include "http/session.h"
#include "reply.h"

namespace simulator {

// A reply that is late, large or not what HTTP says. It runs in the session of
// the server, since only there the request has been read, and TLS is spoken.
class RawReply final : public exporter::RawAnswer {
 public:
  // Whether `reply` is one; if not, the server sends it by itself.
  static bool Suits(const Reply& reply);

  // `with_body` is false for HEAD.
  RawReply(Reply reply, bool with_body)
      : reply_(std::move(reply)), with_body_(with_body) {}
  ~RawReply() override;
  RawReply(const RawReply&) = delete;
  RawReply& operator=(const RawReply&) = delete;

  exporter::Task<bool> Give(exporter::Session& session) override;

 private:
  exporter::Task<bool> Drip(exporter::Session& session, std::string bytes,
                            std::size_t at_once) const;
  exporter::Task<bool> Fill(exporter::Session& session) const;

  const Reply reply_;
  const bool with_body_;
};

}  // namespace simulator
