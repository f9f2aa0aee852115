// Writes a made-up status page, its headers in front, as a server would send
// it: write_page SCENARIO [DATASETS [TICK]].

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "pages/sample_overview.h"
#include "pages/status_page.h"
#include "support/whole_body.h"

namespace {

exporter::Overview MakeOverview(std::string_view scenario, std::size_t datasets,
                                std::size_t tick) {
  if (scenario == "small") return exporter::SmallOverview();
  if (scenario == "unasked") return exporter::UnaskedOverview();
  if (scenario == "hostile") return exporter::HostileOverview();
  return exporter::LargeOverview(datasets, tick);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i) {
    return i < argc ? std::strtoul(argv[i], nullptr, 10) : 0;
  };
  const auto overview = std::make_shared<const exporter::Overview>(
      MakeOverview(argc > 1 ? argv[1] : "small", number(2), number(3)));

  for (const auto& [name, value] : exporter::StatusPageHeaders()) {
    std::cout << name << ": " << value << '\n';
  }
  std::cout << "Content-Type: " << exporter::kHtmlContentType << "\n\n"
            << exporter::WholeBody(exporter::RenderStatusPage(
                   overview, exporter::SampleContext()));
}
