// What -l and the API's label_selector hold.
#include "core/resource/label_selector.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {

std::vector<std::string> seeds() {
  return {"app=web,tier!=db", "app in (web, api),!legacy", "example.com/app notin (a),x==y", "a"};
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  const auto selector = LabelSelector::parse(fuzz::text_of(data, size));
  if (!selector.ok()) return 0;
  google::protobuf::Map<std::string, std::string> labels;
  (void)selector->selects(labels);
  labels["app"] = "web";
  (void)selector->selects(labels);
  return 0;
}
