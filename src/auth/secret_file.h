// Reads secrets as the configuration gives them: outright, or in a file that
// may change while we run.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "base/secret_text.h"

namespace exporter {

// No file of credentials is read beyond this. IAM tokens reach 32 kB.
inline constexpr std::size_t kMaxSecretBytes = std::size_t{64} * 1024;

// The text of a file, as it is. Never waits: what is no regular file, such as a
// pipe, is refused.
// Errors: kCredentials if it cannot be read or is larger than kMaxSecretBytes.
Result<std::string> ReadTextFile(const std::string& path);

// SecretIn of what `path` holds.
// Errors: kCredentials as above, and if nothing is left of it, or a control
// character is (a line break would let it write headers of its own).
Result<Secret> ReadSecretFile(const std::string& path,
                              SecretForm form = SecretForm::kKey);

// Whether `text` may be sent as the value of a header: not empty, not larger
// than kMaxSecretBytes, no control character.
bool FitsHeader(std::string_view text);

// Gives the secret as it is at the moment of the call.
using SecretReader = std::function<Result<Secret>()>;

// Always `secret`.
// Errors, at each call: kCredentials if it is empty or holds a control
// character.
SecretReader Given(Secret secret);

// ReadSecretFile(path, form) at each call.
SecretReader FromFile(std::string path, SecretForm form = SecretForm::kKey);

}  // namespace exporter
