#include "core/routing/listener_settings.h"

namespace limpet {

std::shared_ptr<const ListenerSettings> default_listener_settings() {
  static const auto kDefaults = std::make_shared<const ListenerSettings>();
  return kDefaults;
}

}  // namespace limpet
