// What -o jsonpath, custom-columns and --sort-by hold.
#include "cli/jsonpath/evaluate.h"
#include "cli/jsonpath/parser.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {

std::vector<std::string> seeds() {
  return {"{range .items[*]}{.metadata.name}{\"\\t\"}{end}", "{.items[?(@.port>=80)].port}",
          "{..name}{.items[0:2:1]['a','b']}", "items[-1].metadata.labels.a\\.b"};
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  using namespace limpet::cli;
  constexpr size_t kSteps = 10'000;
  static const DocumentNode kRoot = [] {
    DocumentNode item = DocumentNode::map();
    item.entries = {{"name", DocumentNode::string("a")},
                    {"port", {DocumentNode::Type::kNumber, "80", {}, {}}}};
    DocumentNode items = DocumentNode::list();
    items.items = {item, item, item};
    DocumentNode root = DocumentNode::map();
    root.entries = {{"items", items}, {"metadata", item}};
    return root;
  }();
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto parts = jsonpath::parse_template(text); parts.ok()) {
    (void)jsonpath::render(*parts, kRoot, kSteps);
  }
  if (const auto path = jsonpath::parse_path(text); path.ok()) {
    (void)jsonpath::find(*path, kRoot, kSteps);
  }
  return 0;
}
