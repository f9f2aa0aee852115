#include "model/advice.h"

#include <gtest/gtest.h>

#include <set>

namespace exporter {
namespace {

TEST(AdviceForTest, HasOneSentenceOfItsOwnForEveryReason) {
  std::set<std::string_view> sentences;
  for (const ErrorKind reason : kAllReasons) {
    Error error;
    error.kind = reason;

    const std::string_view advice = AdviceFor(error);

    EXPECT_TRUE(advice.ends_with('.')) << ToLabel(reason);
    EXPECT_TRUE(sentences.insert(advice).second) << advice;
  }
}

TEST(AdviceForTest, HasOneOfItsOwnForEveryCauseThatIsKnown) {
  std::set<std::string_view> sentences;
  Error error;
  error.kind = ErrorKind::kConnect;
  sentences.insert(AdviceFor(error));
  for (const Cause cause :
       {Cause::kLookup, Cause::kUnreachable, Cause::kProxy, Cause::kProxyLogin,
        Cause::kRequestHeader, Cause::kClientCertificate, Cause::kPlainHttp,
        Cause::kIamEndpoint, Cause::kIamCertificate, Cause::kIamRefusal,
        Cause::kIamTrouble, Cause::kSecondFactor, Cause::kTooManyDatasets}) {
    error.cause = cause;

    EXPECT_TRUE(sentences.insert(AdviceFor(error)).second) << AdviceFor(error);
  }
}

}  // namespace
}  // namespace exporter
