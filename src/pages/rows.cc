#include "pages/rows.h"

#include <memory>
#include <utility>

namespace exporter {
namespace {

struct Rows {
  std::string head;  // Empty once it is given.
  std::size_t count;
  std::function<void(std::string& out, std::size_t row)> append;
  std::string tail;
  std::size_t next = 0;
};

}  // namespace

BodySource MakeRows(
    std::string head, std::size_t count,
    std::function<void(std::string& out, std::size_t row)> append,
    std::string tail) {
  const auto rows = std::make_shared<Rows>(
      Rows{std::move(head), count, std::move(append), std::move(tail)});
  return [rows](std::string& out) {
    out += std::exchange(rows->head, {});
    for (; rows->next < rows->count; ++rows->next) {
      if (out.size() >= kPieceBytes) return true;
      rows->append(out, rows->next);
    }
    out += rows->tail;
    return false;
  };
}

}  // namespace exporter
