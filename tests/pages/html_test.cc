#include "pages/html.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace exporter {
namespace {

std::string Escaped(std::string_view text) {
  std::string html;
  AppendEscaped(html, text);
  return html;
}

TEST(HtmlTest, LeavesPlainTextAsItIs) {
  EXPECT_EQ(Escaped("street-signs 7\n\tÄ 数据"), "street-signs 7\n\tÄ 数据");
}

TEST(HtmlTest, EscapesWhatCouldEndATextOrAQuotedAttribute) {
  EXPECT_EQ(Escaped("<a href=\"x\" title='y'>&amp;"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
}

TEST(HtmlTest, ReplacesControlCharactersAndMalformedBytes) {
  EXPECT_EQ(Escaped(std::string_view("a\0b\x1B\x7F\r", 6)),
            "a\uFFFD"
            "b\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(Escaped("\xFF<\xC3"), "\uFFFD&lt;\uFFFD");
}

TEST(HtmlTest, AppendsToWhatIsThere) {
  std::string html = "<b>";

  AppendEscaped(html, ">");

  EXPECT_EQ(html, "<b>&gt;");
}

}  // namespace
}  // namespace exporter
