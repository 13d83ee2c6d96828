#include "cli/yaml/yaml_tree.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/base/text.h"
#include "manifest/utf8.h"

namespace limpet::cli {
namespace {

YamlMark to_mark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Thrown through yaml-cpp's parser, which knows no other way to stop; caught in parse_yaml().
struct Stop {
  YamlError error;
};

// What a tag makes of a scalar. yaml-cpp gives "?" to plain and "!" to quoted ones.
bool is_string_tag(const std::string& tag) { return tag == "!" || tag == "tag:yaml.org,2002:str"; }
bool is_plain_tag(const std::string& tag) {
  static constexpr std::string_view kPlain[] = {"",
                                                "?",
                                                "tag:yaml.org,2002:int",
                                                "tag:yaml.org,2002:bool",
                                                "tag:yaml.org,2002:float",
                                                "tag:yaml.org,2002:null",
                                                "tag:yaml.org,2002:map",
                                                "tag:yaml.org,2002:seq"};
  return std::find(std::begin(kPlain), std::end(kPlain), tag) != std::end(kPlain);
}

class TreeBuilder : public YAML::EventHandler {
 public:
  // `previous`: where the document before begins, as an offset into the file; -1: there is none.
  TreeBuilder(YamlDocument& document, size_t max_nodes, int previous)
      : document_(document), max_nodes_(max_nodes), begin_(previous) {}

  int begin() const { return begin_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp makes an empty document of a stray comma, and another, and takes none away.
    if (mark.pos == begin_) throw Stop{{to_mark(mark), "not valid YAML: nothing can stand here"}};
    begin_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(make(mark, anchor, YamlNode::Type::kNull), to_mark(mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(*anchors_.at(anchor), to_mark(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!is_utf8(value)) {
      throw Stop{{to_mark(mark), "the text is not UTF-8; save the file as that"}};
    }
    YamlNode& node = make(mark, anchor, YamlNode::Type::kScalar);
    node.text = value;
    node.quoted = is_string_tag(tag);
    if (!node.quoted) refuse_unknown_tag(mark, tag);
    place(node, to_mark(mark));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_unknown_tag(mark, tag);
    open(make(mark, anchor, YamlNode::Type::kSequence), mark);
  }
  void OnSequenceEnd() override { stack_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_unknown_tag(mark, tag);
    open(make(mark, anchor, YamlNode::Type::kMap), mark);
  }
  void OnMapEnd() override { stack_.pop_back(); }

 private:
  // A sequence or map whose children are being read.
  struct Level {
    YamlNode* node;
    bool has_key = false;  // of a map's entry whose value comes next
    std::string key;
    YamlMark key_mark;
  };

  static void refuse_unknown_tag(const YAML::Mark& mark, const std::string& tag) {
    if (is_plain_tag(tag) || tag == "!") return;
    throw Stop{{to_mark(mark), str_cat("the tag ", tag, " is not supported; remove it")}};
  }

  YamlNode& make(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Type type) {
    if (document_.size() >= max_nodes_) {
      throw Stop{
          {to_mark(mark), str_cat("the file has more than ", kMaxYamlNodes, " values; split it")}};
    }
    YamlNode& node = document_.add();
    node.type = type;
    node.mark = to_mark(mark);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
    return node;
  }

  void open(YamlNode& node, const YAML::Mark& mark) {
    place(node, to_mark(mark));
    stack_.push_back({.node = &node, .has_key = false, .key = {}, .key_mark = {}});
    if (stack_.size() <= kMaxYamlDepth) return;
    throw Stop{{node.mark, str_cat("values are nested more than ", kMaxYamlDepth, " deep")}};
  }

  void place(const YamlNode& node, YamlMark mark) {
    if (stack_.empty()) return document_.set_root(node);
    Level& level = stack_.back();
    if (level.node->type == YamlNode::Type::kSequence) {
      level.node->items.push_back(&node);
    } else if (level.has_key) {
      level.node->entries.push_back({std::move(level.key), level.key_mark, &node});
      level.has_key = false;
    } else if (node.type != YamlNode::Type::kScalar) {
      throw Stop{{mark, "the name of a field must be a simple word"}};
    } else {
      level.key = node.text;
      level.key_mark = mark;
      level.has_key = true;
    }
  }

  YamlDocument& document_;
  const size_t max_nodes_;
  int begin_;
  std::vector<Level> stack_;
  std::map<YAML::anchor_t, const YamlNode*> anchors_;
};

}  // namespace

YamlStream parse_yaml(const std::string& text) {
  YamlStream stream;
  size_t nodes_left = kMaxYamlNodes;
  int begin = -1;
  try {
    std::istringstream input(text);
    YAML::Parser parser(input);
    for (;;) {
      YamlDocument document;
      TreeBuilder builder(document, nodes_left, begin);
      if (!parser.HandleNextDocument(builder)) break;
      begin = builder.begin();
      nodes_left -= document.size();
      if (document.size() > 0 && !document.root().is_null()) {
        stream.documents.push_back(std::move(document));
      }
    }
  } catch (const Stop& stop) {
    stream.error = stop.error;
  } catch (const YAML::Exception& exception) {
    stream.error = {to_mark(exception.mark), str_cat("not valid YAML: ", exception.msg)};
  }
  return stream;
}

}  // namespace limpet::cli
