#include "base/shared_text.h"

#include <algorithm>
#include <limits>
#include <new>
#include <ostream>
#include <stdexcept>

namespace exporter {

SharedText::SharedText(std::string_view text) {
  if (text.empty()) return;
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("a text of more than 4 GiB");
  }
  void* const memory = ::operator new(sizeof(Block) + text.size());
  block_ = ::new (memory) Block{{1}, static_cast<std::uint32_t>(text.size())};
  std::ranges::copy(text, reinterpret_cast<char*>(block_ + 1));
}

void SharedText::Release() {
  // What others did with the bytes comes before their end.
  if (block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->~Block();
  ::operator delete(block_);
}

std::ostream& operator<<(std::ostream& out, const SharedText& text) {
  return out << text.View();
}

}  // namespace exporter
