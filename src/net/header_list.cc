#include "net/header_list.h"

namespace exporter {

void HeaderList::Clear() {
  text_.clear();
  begins_.clear();
}

void HeaderList::Add(std::string_view name, std::string_view value) {
  begins_.push_back(text_.size());
  text_ += name;
  // libcurl takes "Name:" as a wish to leave the header out.
  text_ += value.empty() ? ";" : ": ";
  text_ += value;
  text_ += '\0';
}

void HeaderList::LeaveOut(std::string_view name) {
  begins_.push_back(text_.size());
  text_ += name;
  text_ += ':';
  text_ += '\0';
}

curl_slist* HeaderList::Lines() {
  lines_.resize(begins_.size());
  curl_slist* next = nullptr;
  for (std::size_t i = lines_.size(); i-- > 0;) {
    lines_[i] = {.data = text_.data() + begins_[i], .next = next};
    next = &lines_[i];
  }
  return next;
}

}  // namespace exporter
