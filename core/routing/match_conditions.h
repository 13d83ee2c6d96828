// What a match of an HTTPRoute asks for beside the host and a path that is looked up: method,
// header fields, query parameters, and paths by regular expression (Gateway API, HTTPRouteMatch).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <re2/re2.h>

namespace limpet {

// Where the fields of a request's head are found.
class HeaderSource {
 public:
  virtual ~HeaderSource() = default;
  // Calls visit(value) for each field of the name, in their order. `name` in lower case.
  virtual void visit(std::string_view name,
                     absl::FunctionRef<void(std::string_view)> visit) const = 0;
};

// What of a request decides where it goes.
struct RoutedRequest {
  std::string_view host;  // in lower case and without a port
  std::string_view path;  // from the slash up to any "?"
  std::string_view query = {};  // behind the "?"
  std::string_view method = "GET";
  const HeaderSource* headers = nullptr;  // null: it has none
};

// Of a header field or a query parameter.
struct ValueMatch {
  std::string name;  // of a field: in lower case
  std::string value;
  std::shared_ptr<const RE2> regex;  // null: the value itself; never one that is not ok()

  bool holds(std::string_view actual) const;
};

// Immutable.
struct MatchConditions {
  std::string method;  // empty: any
  std::vector<ValueMatch> headers;  // one for each name
  std::vector<ValueMatch> params;   // likewise
  std::shared_ptr<const RE2> path;  // null: the path is looked up elsewhere

  // Of a match that says nothing of it.
  bool empty() const {
    return method.empty() && headers.empty() && params.empty() && path == nullptr;
  }
  // Allocates nothing, but for an encoded parameter of some length.
  bool hold(const RoutedRequest& request) const;
};

// The first parameter's of that name in a query (RFC 3986 §3.4, as HTML forms write it): decoded,
// "+" for a space. False when there is none. `scratch` holds the value where it had to be decoded.
bool find_param(std::string_view query, std::string_view name, std::string& scratch,
                std::string_view& value);

}  // namespace limpet
