// From a YAML tree to any message of limpet.v1, by its descriptor: the one reader of all kinds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "manifest/tree.h"

namespace limpet {

struct ReadProblem {
  YamlMark mark;
  std::string field;    // "spec.rules[0].name"
  std::string message;  // follows the field's name
  // A field that was probably meant, of the same message: who misses it need not be told.
  std::string meant = {};
};

// Reads one object. What is wrong is told, all of it, and left out of the message; the rest is
// read. Fields that are (server_owned) are dropped unread.
class MessageReader {
 public:
  // Maps, lists and untyped values that one object may have, so that aliases of aliases end.
  static constexpr size_t kMaxSteps = 500'000;

  std::vector<ReadProblem> read(const YamlNode& node, google::protobuf::Message& message);

 private:
  using Field = google::protobuf::FieldDescriptor;
  using Message = google::protobuf::Message;

  void read_message(const YamlNode& node, Message& message);
  void read_entry(const YamlNode::Entry& entry, Message& message);
  void read_field(const YamlNode& node, const Field& field, Message& message);
  void read_list(const YamlNode& node, const Field& field, Message& message);
  void read_map(const YamlNode& node, const Field& field, Message& message);
  void read_scalar(const YamlNode& node, const Field& field, Message& message);
  void read_value(const YamlNode& node, Message& value);
  void read_int_or_string(const YamlNode& node, Message& message);
  void unknown_field(const YamlNode::Entry& entry, const Message& message);

  // Whether to go on, one deeper. Each call that returns true is followed by leave().
  bool enter();
  void leave() { --depth_; }
  void add(std::string message);

  std::vector<ReadProblem> problems_;
  std::string path_;
  // Of the key or list item that is being read: where a problem with its value is told.
  YamlMark mark_;
  size_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace limpet
