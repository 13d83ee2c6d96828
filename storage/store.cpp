#include "storage/store.h"

namespace limpet {

Delta delta_of(const Batch& batch) {
  Delta delta;
  delta.upserts.reserve(batch.upserts.size());
  for (const StoredObject& object : batch.upserts) delta.upserts.push_back(object.entry);
  delta.removed = batch.removed;
  return delta;
}

}  // namespace limpet
