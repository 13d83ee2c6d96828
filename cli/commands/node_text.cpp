#include "cli/commands/node_text.h"

#include "core/resource/object.h"

namespace limpet::cli {

std::string reason_text(const v1::Nack::Reason& reason) {
  std::string text;
  if (reason.has_object()) {
    const v1::EntryKey& key = reason.object();
    text += to_string(EntryKey{key.kind(), key.namespace_(), key.name()}) + ": ";
  }
  if (!reason.field().empty()) text += reason.field() + ": ";
  return text + reason.message();
}

}  // namespace limpet::cli
