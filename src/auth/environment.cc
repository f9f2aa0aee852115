#include "auth/environment.h"

#include <optional>
#include <string>
#include <utility>

#include "base/secret_text.h"

namespace exporter {
namespace {

SecretReader FromVariable(const Environment& environment, const char* name) {
  Secret text(
      std::string(SecretIn(Variable(environment, name), SecretForm::kKey)));
  if (!text.Empty() && FitsHeader(text.Reveal())) return Given(std::move(text));
  std::string fault = name;
  fault += text.Empty() ? " is not set" : " holds a control character";
  return [fault]() -> Result<Secret> {
    return Fail(ErrorKind::kCredentials, fault);
  };
}

}  // namespace

std::string Variable(const Environment& environment, const char* name) {
  const char* text = environment(name);
  return text == nullptr ? std::string() : std::string(text);
}

KeyReader KeyFromEnvironment(const Environment& environment) {
  constexpr char kSecurityToken[] = "HUAWEICLOUD_SDK_SECURITY_TOKEN";
  std::optional<SecretReader> security_token;
  if (!Variable(environment, kSecurityToken).empty()) {
    security_token = FromVariable(environment, kSecurityToken);
  }
  return ReadKeyParts(FromVariable(environment, "HUAWEICLOUD_SDK_AK"),
                      FromVariable(environment, "HUAWEICLOUD_SDK_SK"),
                      std::move(security_token));
}

}  // namespace exporter
