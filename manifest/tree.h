// YAML or JSON as a tree that remembers lines and columns, and which scalars were quoted: what
// parsers make and readers of objects read.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

inline constexpr int kMaxYamlDepth = 64;
inline constexpr size_t kMaxYamlNodes = 4'000'000;  // of one file

struct YamlMark {
  int line = 1;  // from 1
  int column = 1;

  friend auto operator<=>(const YamlMark&, const YamlMark&) = default;
};

struct YamlNode {
  enum class Type { kNull, kScalar, kSequence, kMap };
  struct Entry {
    std::string key;
    YamlMark mark;  // of the key
    const YamlNode* value;
  };

  Type type = Type::kNull;
  YamlMark mark;
  bool quoted = false;                 // a scalar that can only be a string
  std::string text;                    // of a scalar
  std::vector<const YamlNode*> items;  // of a sequence
  std::vector<Entry> entries;          // of a map, as written: keys may occur twice

  bool is_map() const { return type == Type::kMap; }
  bool is_null() const { return type == Type::kNull; }
  // The first entry of that key; null when there is none, or the node is no map.
  const Entry* find(std::string_view key) const;
};

// Owns its nodes. An alias is the node of its anchor, so that the nodes form a graph, in the
// worst case a cyclic one: who walks it bounds its steps and its depth.
class YamlDocument {
 public:
  YamlNode& add() { return nodes_.emplace_back(); }
  const YamlNode& root() const { return *root_; }
  void set_root(const YamlNode& root) { root_ = &root; }
  size_t size() const { return nodes_.size(); }

 private:
  std::deque<YamlNode> nodes_;  // never moves a node
  const YamlNode* root_ = nullptr;
};

struct YamlError {
  YamlMark mark;
  std::string message;
};

struct YamlStream {
  std::deque<YamlDocument> documents;  // those before the error, empty ones left out
  std::optional<YamlError> error;      // of syntax, or a bound exceeded
};

// Where "spec.rules[0].name" stands below the root: the place of the deepest field on that path
// that was written.
YamlMark locate(const YamlNode& root, std::string_view field);

}  // namespace limpet
