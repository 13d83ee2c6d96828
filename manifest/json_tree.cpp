#include "manifest/json_tree.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

#include "core/base/text.h"

namespace limpet {
namespace {

namespace json = boost::json;
using json::error_code;

// What Boost's parser calls, by these names. Returning false, with an error, stops it.
struct TreeHandler {
  static constexpr size_t max_object_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_array_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_key_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_string_size = std::numeric_limits<size_t>::max();

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& error) { return open(YamlNode::Type::kMap, error); }
  bool on_object_end(size_t, error_code&) { return close(); }
  bool on_array_begin(error_code& error) { return open(YamlNode::Type::kSequence, error); }
  bool on_array_end(size_t, error_code&) { return close(); }
  bool on_key_part(json::string_view part, size_t, error_code&) { return append(part); }
  bool on_key(json::string_view part, size_t, error_code&) {
    append(part);
    stack.back()->entries.push_back({std::exchange(text, {}), YamlMark(), nullptr});
    return true;
  }
  bool on_string_part(json::string_view part, size_t, error_code&) { return append(part); }
  bool on_string(json::string_view part, size_t, error_code& error) {
    append(part);
    return scalar(true, error);
  }
  bool on_number_part(json::string_view part, error_code&) { return append(part); }
  bool on_int64(int64_t, json::string_view part, error_code& error) { return number(part, error); }
  bool on_uint64(uint64_t, json::string_view part, error_code& error) {
    return number(part, error);
  }
  bool on_double(double, json::string_view part, error_code& error) { return number(part, error); }
  bool on_bool(bool value, error_code& error) {
    text = value ? "true" : "false";
    return scalar(false, error);
  }
  bool on_null(error_code& error) { return make(YamlNode::Type::kNull, error) != nullptr; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

  bool append(json::string_view part) {
    text.append(part.data(), part.size());
    return true;
  }

  bool number(json::string_view part, error_code& error) {
    append(part);
    return scalar(false, error);
  }

  bool scalar(bool quoted, error_code& error) {
    YamlNode* node = make(YamlNode::Type::kScalar, error);
    if (node == nullptr) return false;
    node->quoted = quoted;
    node->text = std::exchange(text, {});
    return true;
  }

  bool open(YamlNode::Type type, error_code& error) {
    YamlNode* node = make(type, error);
    if (node == nullptr) return false;
    stack.push_back(node);
    return true;
  }

  bool close() {
    stack.pop_back();
    return true;
  }

  YamlNode* make(YamlNode::Type type, error_code& error) {
    if (document.size() >= kMaxJsonNodes) {
      error = json::error::exception;
      too_many = true;
      return nullptr;
    }
    YamlNode& node = document.add();
    node.type = type;
    if (stack.empty()) {
      document.set_root(node);
    } else if (stack.back()->is_map()) {
      stack.back()->entries.back().value = &node;
    } else {
      stack.back()->items.push_back(&node);
    }
    return &node;
  }

  YamlDocument document;
  std::vector<YamlNode*> stack;
  std::string text;  // of the key or scalar that is being read
  bool too_many = false;
};

YamlMark place_of(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // 0 when there is none
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(before.size() - line_start) + 1};
}

}  // namespace

JsonTree parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxYamlDepth;
  json::basic_parser<TreeHandler> parser(options);
  error_code error;
  size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  TreeHandler& handler = parser.handler();
  if (!error) return {std::move(handler.document), std::nullopt};
  std::string message = str_cat("not valid JSON: ", error.message());
  if (handler.too_many) message = str_cat("more than ", kMaxJsonNodes, " values; split it");
  if (error == json::error::too_deep) {
    message = str_cat("values are nested more than ", kMaxYamlDepth, " deep");
  }
  return {YamlDocument(), YamlError{place_of(text, read), std::move(message)}};
}

}  // namespace limpet
