// What Secrets and ConfigMaps have: values under keys. No message has a value in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/validate/formats.h"
#include "core/validate/report.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

enum class ItemFormat {
  kText,
  kBase64,
  kMaskedBase64,  // or the mask that stands for a value which is not shown
};

// The size of the values, decoded. Of a value that is masked that of the mask.
size_t validate_items(std::string_view field,
                      const google::protobuf::Map<std::string, std::string>& items,
                      ItemFormat format, Report& report);

}  // namespace limpet
