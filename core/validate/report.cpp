#include "core/validate/report.h"

#include "core/base/text.h"
#include "core/validate/formats.h"

namespace limpet {
namespace {

void append_field(std::string& path, std::string_view field) {
  if (!path.empty()) path += '.';
  path += field;
}

}  // namespace

void Report::add(std::string message) { violations_.push_back({path_, std::move(message)}); }

void Report::add(std::string_view field, std::string message) {
  const Scope scope(*this, field);
  add(std::move(message));
}

bool Report::check(std::string_view field, std::string problem) {
  if (problem.empty()) return true;
  add(field, std::move(problem));
  return false;
}

bool Report::require(std::string_view field, std::string_view value,
                     std::string (*format)(std::string_view)) {
  return check(field, value.empty() ? "required" : format(value));
}

bool Report::optional(std::string_view field, std::string_view value,
                      std::string (*format)(std::string_view)) {
  return value.empty() || check(field, format(value));
}

bool Report::optional_one_of(std::string_view field, std::string_view value,
                             std::initializer_list<std::string_view> allowed) {
  return value.empty() || check(field, check_one_of(value, allowed));
}

bool Report::require_port(bool present, int64_t value) {
  return check("port", present ? check_port(value) : "required: a port between 1 and 65535");
}

void Report::at_most(std::string_view field, int size, int max) {
  if (size > max) add(field, str_cat("must have at most ", max, " entries, not ", size));
}

Scope::Scope(Report& report, std::string_view field) : report_(report), size_(report.path_.size()) {
  append_field(report_.path_, field);
}

Scope::Scope(Report& report, std::string_view field, int index) : Scope(report, field) {
  report_.path_ += str_cat("[", index, "]");
}

Scope::Scope(Report& report, std::string_view field, std::string_view key) : Scope(report, field) {
  report_.path_ += str_cat("[", key, "]");
}

}  // namespace limpet
