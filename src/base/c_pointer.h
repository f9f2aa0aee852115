#pragma once

#include <memory>

namespace exporter {

template <auto free_it>
struct FreeBy {
  template <typename T>
  void operator()(T* object) const {
    free_it(object);
  }
};

// Owns what a C library made, and gives it back: CPointer<BIO, BIO_free>.
template <typename T, auto free_it>
using CPointer = std::unique_ptr<T, FreeBy<free_it>>;

}  // namespace exporter
