#include <algorithm>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr size_t kMaxDescription = 64;

// A DNS name, "/" and a path.
std::string check_controller_name(std::string_view value) {
  constexpr std::string_view kSymbols = "/-._~%!$&'()*+,;=:";
  const size_t slash = value.find('/');
  const std::string_view path =
      slash == std::string_view::npos ? std::string_view() : value.substr(slash + 1);
  const bool path_ok = !path.empty() && std::all_of(path.begin(), path.end(), [&](char c) {
    return absl::ascii_isalnum(c) || contains(kSymbols, c);
  });
  if (value.size() <= kMaxDnsName && path_ok &&
      check_dns1123_subdomain(value.substr(0, slash)).empty()) {
    return {};
  }
  return str_cat("must be a DNS name and a path, such as \"example.com/controller\", not \"",
                 value.substr(0, kMaxDnsName), "\"");
}

}  // namespace

void validate_kind(const v1::GatewayClass& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/false, check_dns1123_subdomain, report);
  const Scope scope(report, "spec");
  report.require("controllerName", object.spec().controller_name(), check_controller_name);
  report.check("description", check_max_size(object.spec().description(), kMaxDescription));
}

}  // namespace limpet
