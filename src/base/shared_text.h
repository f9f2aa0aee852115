// A text that is held in thousands of places and copied between threads.

#pragma once

#include <atomic>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <utility>

namespace exporter {

// A pointer to bytes that never change, and that all copies share: eight bytes
// where a std::string takes 32 and those of a long text once more. An empty one
// points nowhere. Texts that are alike share only if one is a copy of the
// other.
//
// Copies are safe for concurrent use, as those of a std::shared_ptr are.
class SharedText {
 public:
  SharedText() = default;
  // Implicit, so that a text is given as any other is.
  template <std::convertible_to<std::string_view> Text>
  SharedText(const Text& text) : SharedText(std::string_view(text)) {}
  SharedText(std::string_view text);  // Up to 4 GiB.

  SharedText(const SharedText& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, kRelaxed);
  }
  SharedText(SharedText&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedText() {
    if (block_ != nullptr) Release();
  }

  // Of this object and its copies; as long as one of them is there.
  operator std::string_view() const {
    if (block_ == nullptr) return {};
    return {reinterpret_cast<const char*>(block_ + 1), block_->size};
  }
  [[nodiscard]] std::string_view View() const { return *this; }
  [[nodiscard]] bool empty() const { return block_ == nullptr; }
  [[nodiscard]] std::size_t size() const { return View().size(); }

  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.block_ == b.block_ || a.View() == b.View();
  }
  template <std::convertible_to<std::string_view> Text>
  friend bool operator==(const SharedText& a, const Text& b) {
    return a.View() == std::string_view(b);
  }
  friend std::strong_ordering operator<=>(const SharedText& a,
                                          const SharedText& b) {
    if (a.block_ == b.block_) return std::strong_ordering::equal;
    return a.View() <=> b.View();
  }
  friend std::ostream& operator<<(std::ostream& out, const SharedText& text);

 private:
  // What stands before the bytes.
  struct Block {
    std::atomic<std::uint32_t> owners;
    std::uint32_t size;
  };
  static constexpr std::memory_order kRelaxed = std::memory_order_relaxed;

  void Release();

  Block* block_ = nullptr;
};

}  // namespace exporter
