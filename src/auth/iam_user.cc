#include "auth/iam_user.h"

#include <utility>

#include "base/utf8.h"

namespace exporter {
namespace {

// JSON carries nothing but UTF-8.
SecretReader RefusingOtherThanUtf8(SecretReader read) {
  return [read = std::move(read)]() -> Result<Secret> {
    Result<Secret> password = read();
    if (password && !IsUtf8(password->Reveal())) {
      return Fail(ErrorKind::kCredentials, "the password is not UTF-8");
    }
    return password;
  };
}

}  // namespace

IamUser::IamUser(Settings settings)
    : settings_(std::move(settings)),
      password_(RefusingOtherThanUtf8(settings_.password)) {
  while (settings_.endpoint.ends_with('/')) settings_.endpoint.pop_back();
}

void IamUser::Refresh(WallTime now) { password_.Refresh(now); }

std::uint64_t IamUser::PasswordVersion() const { return password_.Version(); }

std::optional<Error> IamUser::Obstacle() const {
  if (!password_.Get()) return password_.Get().error();
  return std::nullopt;
}

std::optional<HttpRequest> IamUser::Ask(const std::string& project_id) const {
  if (!password_.Get()) return std::nullopt;
  HttpRequest request =
      AskForIamToken(settings_.endpoint, settings_.domain, settings_.name,
                     *password_.Get(), project_id);
  request.transport = settings_.transport;
  return request;
}

Result<IamToken> IamUser::Decode(const Result<HttpReply>& reply,
                                 WallTime now) const {
  if (!reply) return Fail(OfIam(settings_.endpoint, reply.error()));
  const Secret password = password_.Get() ? *password_.Get() : Secret();
  Result<IamToken> token = DecodeIamToken(*reply, password, now);
  if (token) return token;
  token = Fail(OfIam(settings_.endpoint, token.error()));
  if (reply->status != 401 && reply->status != 403) return token;
  return Fail(While("IAM refused user \"" + settings_.name + "\" of domain \"" +
                        settings_.domain + '"',
                    token.error()));
}

}  // namespace exporter
