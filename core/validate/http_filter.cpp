// HTTPRouteFilter, as the Gateway API's CRD has it; and, for header fields, nothing that would make
// the next reader find the message's end elsewhere.
#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/http_route.h"

namespace limpet {
namespace {

using Filters = google::protobuf::RepeatedPtrField<v1::HTTPRouteFilter>;

constexpr int kMaxFilters = 16;
constexpr int kMaxHeaders = 16;
constexpr size_t kMaxHeaderValue = 4096;

// The field of each type.
struct FilterType {
  std::string_view type;
  std::string_view field;
  bool (v1::HTTPRouteFilter::*has)() const;
};
constexpr FilterType kTypes[] = {
    {"RequestHeaderModifier", "requestHeaderModifier",
     &v1::HTTPRouteFilter::has_request_header_modifier},
    {"ResponseHeaderModifier", "responseHeaderModifier",
     &v1::HTTPRouteFilter::has_response_header_modifier},
    {"RequestMirror", "requestMirror", &v1::HTTPRouteFilter::has_request_mirror},
    {"RequestRedirect", "requestRedirect", &v1::HTTPRouteFilter::has_request_redirect},
    {"URLRewrite", "urlRewrite", &v1::HTTPRouteFilter::has_url_rewrite},
    {"CORS", "cors", &v1::HTTPRouteFilter::has_cors},
    {"ExtensionRef", "extensionRef", &v1::HTTPRouteFilter::has_extension_ref},
};

// What frames a message, routes it, or belongs to one connection.
constexpr std::string_view kOwnHeaders[] = {
    "connection", "content-length",    "host",    "keep-alive", "proxy-connection", "te",
    "trailer",    "transfer-encoding", "upgrade", "expect"};

std::string check_changeable(std::string_view name) {
  std::string problem = check_header_name(name);
  if (!problem.empty()) return problem;
  const std::string lower = absl::AsciiStrToLower(absl_view(name));
  if (std::find(std::begin(kOwnHeaders), std::end(kOwnHeaders), lower) == std::end(kOwnHeaders)) {
    return {};
  }
  if (lower == "host") return "must not be Host; a URLRewrite filter's hostname changes that";
  return str_cat("must not be ", name, ", which is the gateway's to say");
}

std::string check_header_value(std::string_view value) {
  for (const unsigned char c : value) {
    if ((c < 0x20 && c != '\t') || c == 0x7F) return "must not have control characters";
  }
  return check_max_size(value, kMaxHeaderValue);
}

void validate_headers(std::string_view field,
                      const google::protobuf::RepeatedPtrField<v1::HTTPHeader>& headers,
                      Report& report) {
  report.at_most(field, headers.size(), kMaxHeaders);
  std::set<std::string> names;
  for (int i = 0; i < headers.size(); ++i) {
    const Scope scope(report, field, i);
    const v1::HTTPHeader& header = headers[i];
    if (report.require("name", header.name(), check_changeable) &&
        !names.insert(absl::AsciiStrToLower(header.name())).second) {
      report.add("name", str_cat("must be unique, \"", header.name(), "\" occurs twice"));
    }
    report.require("value", header.value(), check_header_value);
  }
}

void validate_modifier(std::string_view field, const v1::HTTPHeaderFilter& filter,
                       Report& report) {
  const Scope scope(report, field);
  validate_headers("set", filter.set(), report);
  validate_headers("add", filter.add(), report);
  report.at_most("remove", filter.remove_size(), kMaxHeaders);
  for (int i = 0; i < filter.remove_size(); ++i) {
    const Scope item(report, "remove", i);
    std::string problem = check_changeable(filter.remove(i));
    if (!problem.empty()) report.add(std::move(problem));
  }
}

std::string check_hostname(std::string_view value) {
  if (value.starts_with("*")) return "must be one host name, without \"*\"";
  return check_wildcard_hostname(value);
}

// ReplacePrefixMatch means the prefix of the rule's one match.
bool has_one_prefix(const v1::HTTPRouteRule& rule) {
  if (rule.matches_size() != 1) return false;
  const std::string& type = rule.matches(0).path().type();
  return type.empty() || type == "PathPrefix";
}

void validate_path_modifier(const v1::HTTPPathModifier& path, const v1::HTTPRouteRule& rule,
                            Report& report) {
  const Scope scope(report, "path");
  if (path.type().empty()) report.add("type", "required: ReplaceFullPath or ReplacePrefixMatch");
  report.optional_one_of("type", path.type(), {"ReplaceFullPath", "ReplacePrefixMatch"});
  const auto value = [&](std::string_view type, std::string_view field, bool present,
                         const std::string& text) {
    if (present && path.type() != type) {
      report.add(field, str_cat("must be left out where type is not ", type));
    } else if (!present && path.type() == type) {
      report.add(field, str_cat("required with type ", type));
    } else if (present && !text.empty()) {
      report.check(field, check_path(text));
    }
  };
  value("ReplaceFullPath", "replaceFullPath", path.has_replace_full_path(),
        path.replace_full_path());
  value("ReplacePrefixMatch", "replacePrefixMatch", path.has_replace_prefix_match(),
        path.replace_prefix_match());
  if (path.type() == "ReplacePrefixMatch" && !has_one_prefix(rule)) {
    report.add("type", "ReplacePrefixMatch needs a rule with exactly one match, of a PathPrefix");
  }
}

void validate_redirect(const v1::HTTPRequestRedirectFilter& redirect,
                       const v1::HTTPRouteRule& rule, Report& report) {
  const Scope scope(report, "requestRedirect");
  report.optional_one_of("scheme", redirect.scheme(), {"http", "https"});
  report.optional("hostname", redirect.hostname(), check_hostname);
  if (redirect.has_path()) validate_path_modifier(redirect.path(), rule, report);
  if (redirect.has_port()) report.check("port", check_port(redirect.port()));
  const int status = redirect.has_status_code() ? redirect.status_code() : 302;
  if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
    report.add("statusCode", str_cat("must be 301, 302, 303, 307 or 308, not ", status));
  }
}

void validate_rewrite(const v1::HTTPURLRewriteFilter& rewrite, const v1::HTTPRouteRule& rule,
                      Report& report) {
  const Scope scope(report, "urlRewrite");
  report.optional("hostname", rewrite.hostname(), check_hostname);
  if (rewrite.has_path()) validate_path_modifier(rewrite.path(), rule, report);
}

void validate_mirror(const v1::HTTPRequestMirrorFilter& mirror, Report& report) {
  const Scope scope(report, "requestMirror");
  {
    const Scope backend(report, "backendRef");
    validate_reference(mirror.backend_ref(), report);
  }
  if (mirror.has_percent()) report.check("percent", check_range(mirror.percent(), 0, 100));
  if (!mirror.has_fraction()) return;
  if (mirror.has_percent()) report.add("fraction", "must be left out where there is a percent");
  const Scope fraction(report, "fraction");
  const int denominator =
      mirror.fraction().has_denominator() ? mirror.fraction().denominator() : 100;
  if (denominator < 1) {
    report.add("denominator", str_cat("must be at least 1, not ", denominator));
  } else {
    report.check("numerator", check_range(mirror.fraction().numerator(), 0, denominator));
  }
}

void validate_extension(const v1::LocalObjectReference& reference, Report& report) {
  const Scope scope(report, "extensionRef");
  report.optional("group", reference.group(), check_group);
  report.require("kind", reference.kind(), check_kind_name);
  report.require("name", reference.name(), check_path_segment_name);
}

// The field of its type is there, and no other.
bool validate_union(const v1::HTTPRouteFilter& filter, Report& report) {
  const auto known = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& type) {
    return type.type == filter.type();
  });
  if (known == std::end(kTypes)) {
    report.require("type", filter.type(), [](std::string_view value) {
      return check_one_of(value, {"RequestHeaderModifier", "ResponseHeaderModifier",
                                  "RequestMirror", "RequestRedirect", "URLRewrite", "CORS",
                                  "ExtensionRef"});
    });
    return false;
  }
  for (const FilterType& type : kTypes) {
    const bool present = (filter.*type.has)();
    if (&type == known && !present) {
      report.add(type.field, str_cat("required with type ", type.type));
    }
    if (&type != known && present) {
      report.add(type.field, str_cat("must be left out where type is not ", type.type));
    }
  }
  return true;
}

void validate_filter(const v1::HTTPRouteFilter& filter, const v1::HTTPRouteRule& rule,
                     Report& report) {
  if (!validate_union(filter, report)) return;
  if (filter.has_request_header_modifier()) {
    validate_modifier("requestHeaderModifier", filter.request_header_modifier(), report);
  }
  if (filter.has_response_header_modifier()) {
    validate_modifier("responseHeaderModifier", filter.response_header_modifier(), report);
  }
  if (filter.has_request_redirect()) validate_redirect(filter.request_redirect(), rule, report);
  if (filter.has_url_rewrite()) validate_rewrite(filter.url_rewrite(), rule, report);
  if (filter.has_request_mirror()) validate_mirror(filter.request_mirror(), report);
  if (filter.has_cors()) validate_cors(filter.cors(), report);
  if (filter.has_extension_ref()) validate_extension(filter.extension_ref(), report);
}

}  // namespace

void validate_filters(const Filters& filters, FilterPlace place, const v1::HTTPRouteRule& rule,
                      Report& report) {
  report.at_most("filters", filters.size(), kMaxFilters);
  std::set<std::string> types;
  for (int i = 0; i < filters.size(); ++i) {
    const Scope scope(report, "filters", i);
    validate_filter(filters[i], rule, report);
    const std::string& type = filters[i].type();
    if (!types.insert(type).second && type != "RequestMirror" && type != "ExtensionRef") {
      report.add("type", str_cat("must be unique, ", type, " occurs twice"));
    }
  }
  if (!types.contains("RequestRedirect")) return;
  if (types.contains("URLRewrite")) {
    report.add("filters", "must not have RequestRedirect and URLRewrite, which exclude each other");
  }
  if (place == FilterPlace::kBackend) {
    report.add("filters", "must not have RequestRedirect: put it into the rule, without backends");
  } else if (!rule.backend_refs().empty()) {
    report.add("filters", "must not have RequestRedirect where the rule has backendRefs");
  }
}

}  // namespace limpet
