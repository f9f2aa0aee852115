#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/body_source.h"

namespace exporter {

// Makes `head`, then what `append` appends for each row from 0 to `count` - 1,
// then `tail`. What `append` needs has to live as long as it does.
BodySource MakeRows(
    std::string head, std::size_t count,
    std::function<void(std::string& out, std::size_t row)> append,
    std::string tail);

}  // namespace exporter
