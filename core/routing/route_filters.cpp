#include "core/routing/route_filters.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include "core/base/text.h"

namespace limpet {

bool HeaderChanges::replaces(std::string_view name) const {
  const auto is_name = [&](std::string_view other) {
    return absl::EqualsIgnoreCase(absl_view(other), absl_view(name));
  };
  return std::any_of(set.begin(), set.end(), [&](const Field& f) { return is_name(f.name); }) ||
         std::any_of(remove.begin(), remove.end(), is_name);
}

void PathChange::apply(std::string_view path, std::string& out) const {
  if (type == Type::kNone) {
    out.append(path);
    return;
  }
  const size_t start = out.size();
  out.append(value);
  if (type == Type::kPrefix && path.size() > prefix.size()) {
    // The prefix ends where a segment does: what is left begins with a slash.
    if (out.size() > start && out.back() == '/') out.pop_back();
    out.append(path.substr(prefix.size()));
  }
  if (out.size() == start) out.push_back('/');
}

namespace {

// In small letters, without the port that the scheme has anyway.
std::string normal_origin(std::string_view text) {
  std::string origin = absl::AsciiStrToLower(absl_view(text));
  for (const auto& [scheme, port] : {std::pair<std::string_view, std::string_view>{"http:", ":80"},
                                     {"https:", ":443"}}) {
    if (origin.starts_with(scheme) && origin.ends_with(port)) {
      origin.resize(origin.size() - port.size());
    }
  }
  return origin;
}

}  // namespace

OriginPattern OriginPattern::parse(std::string_view text) {
  OriginPattern pattern;
  pattern.begin = normal_origin(text);
  const size_t star = pattern.begin.find('*');
  if (star == std::string::npos) return pattern;
  pattern.wildcard = true;
  pattern.end = pattern.begin.substr(star + 1);
  pattern.begin.resize(star);
  return pattern;
}

bool OriginPattern::covers(std::string_view origin) const {
  if (!wildcard) return origin == begin;
  if (origin.size() <= begin.size() + end.size() || !origin.starts_with(begin) ||
      !origin.ends_with(end)) {
    return false;
  }
  // A name, or an IPv6 address in brackets: no port.
  origin = origin.substr(begin.size(), origin.size() - begin.size() - end.size());
  return origin.ends_with(']') || origin.find(':') == std::string_view::npos;
}

bool CorsFilter::allows(std::string_view origin) const {
  if (any_origin) return true;
  if (origins.empty()) return false;
  const std::string normal = normal_origin(origin);
  return std::any_of(origins.begin(), origins.end(),
                     [&](const OriginPattern& pattern) { return pattern.covers(normal); });
}

}  // namespace limpet
