#include "auth/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/replies.h"
#include "auth/signer.h"

namespace exporter {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(SecretsOfTest, HasTheTokenOfARequest) {
  HttpRequest request = Question();
  EXPECT_THAT(SecretsOf(request), IsEmpty());

  request.headers.emplace_back("X-Auth-Token", "token");
  request.headers.emplace_back("Accept", "application/json");
  EXPECT_THAT(SecretsOf(request), ElementsAre(Secret("token")));
}

TEST(SecretsOfTest, HasWhatASignatureTells) {
  const SigningKey key{Secret("AKID"), Secret("SK"), Secret("temporary")};
  const HttpRequest request = Sign(Question(), key, WallTime{});

  const auto secrets = SecretsOf(request);

  EXPECT_THAT(secrets, Contains(Secret("AKID")));
  EXPECT_THAT(secrets, Contains(Secret("temporary")));
  EXPECT_THAT(secrets, Contains(Secret(HeaderOf(request, "Authorization"))));
}

}  // namespace
}  // namespace exporter
