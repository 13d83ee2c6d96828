#include "proxy/tls/server.h"

#include <algorithm>
#include <array>

namespace limpet::tls {
namespace {

// Sessions of one table are good for the next, whatever certificate they began with.
constexpr unsigned char kSessionContext[] = {'l', 'i', 'm', 'p', 'e', 't'};

// RFC 6125 §6.4.3: a wildcard stands for one label, the first.
bool covers(const std::string& pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return pattern == name;
  const size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         name.substr(dot) == std::string_view(pattern).substr(1);
}

}  // namespace

Server::Server(std::shared_ptr<const RoutingPort> port, const KeyRing& keys)
    : port_(std::move(port)),
      tickets_(keys),
      resumes_(!tickets_.keys.empty()),
      first_(make_context(Side::kServer)) {
  SSL_CTX_set_session_id_context(first_.get(), kSessionContext, sizeof(kSessionContext));
  SSL_CTX_set_tlsext_servername_callback(first_.get(), choose);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(first_.get(), ticket);
  if (!resumes_) SSL_CTX_set_options(first_.get(), SSL_OP_NO_TICKET);
}

absl::StatusOr<std::shared_ptr<const Server>> Server::make(
    std::shared_ptr<const RoutingPort> port, const KeyRing& keys, const Server* previous) {
  if (previous != nullptr && previous->port_ == port &&
      previous->tickets_.keys == TicketKeys(keys).keys) {
    return previous->shared_from_this();
  }
  std::shared_ptr<Server> server(new Server(std::move(port), keys));
  absl::Status failure;
  server->port_->listeners.for_each([&](const std::string&, const RoutingListener& listener) {
    if (!failure.ok() || listener.tls == nullptr) return;
    std::shared_ptr<const Choices>& choices = server->choices_[listener.tls.get()];
    if (choices != nullptr) return;
    if (previous != nullptr) {
      const auto found = previous->choices_.find(listener.tls.get());
      if (found != previous->choices_.end()) choices = found->second;
    }
    if (choices != nullptr) return;
    absl::StatusOr<std::shared_ptr<const Choices>> fresh = read(*listener.tls);
    if (fresh.ok()) {
      choices = *std::move(fresh);
    } else {
      failure = fresh.status();
    }
  });
  if (!failure.ok()) return failure;
  return server;
}

absl::StatusOr<std::shared_ptr<const Server::Choices>> Server::read(const ListenerTls& tls) {
  struct Part {
    const TlsCertificate* certificate;
    CertificateFacts facts;
    bool used = false;
  };
  std::vector<Part> parts;
  for (const TlsCertificate& certificate : tls.certificates) {
    absl::StatusOr<CertificateFacts> facts = facts_of(certificate);
    if (!facts.ok()) return facts.status();
    parts.push_back({&certificate, *std::move(facts)});
  }
  auto choices = std::make_shared<Choices>();
  for (Part& part : parts) {
    if (part.used) continue;
    Choice choice{part.facts.names, make_context(Side::kServer)};
    SSL_CTX_set_session_id_context(choice.context.get(), kSessionContext,
                                   sizeof(kSessionContext));
    std::vector<int> key_types;
    for (Part& other : parts) {
      const bool has_type = std::find(key_types.begin(), key_types.end(), other.facts.key_type) !=
                            key_types.end();
      if (other.used || has_type || other.facts.names != part.facts.names) continue;
      other.used = true;
      key_types.push_back(other.facts.key_type);
      const absl::Status status = use_certificate(*choice.context, *other.certificate);
      if (!status.ok()) return status;
    }
    choices->push_back(std::move(choice));
  }
  return choices;
}

std::unique_ptr<TlsEnd> Server::accept(int fd, std::string_view before) const {
  SslPtr ssl(SSL_new(first_.get()));
  if (ssl == nullptr) throw std::bad_alloc();
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsEnd>(std::move(ssl), fd, shared_from_this(), before);
}

const Server* Server::of(const SSL* ssl) {
  return static_cast<const Server*>(SSL_get_app_data(ssl));
}

// Also called when the client gives no name.
int Server::choose(SSL* ssl, int* alert, void*) {
  const char* const given = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  std::string name(given == nullptr ? "" : given);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const Server* const server = of(ssl);
  SSL_CTX* const context = server == nullptr ? nullptr : server->context_for(name);
  if (context == nullptr) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

// Of the listener that takes the name, the first certificate that is for it, else the first.
SSL_CTX* Server::context_for(std::string_view name) const {
  const Choices* choices = nullptr;
  port_->listeners.visit_covering(name, [&](const RoutingListener& listener) {
    const auto found = choices_.find(listener.tls.get());
    if (found != choices_.end()) choices = found->second.get();
    return true;
  });
  if (choices == nullptr) return nullptr;
  const auto fit = [&](bool wildcards) -> SSL_CTX* {
    for (const Choice& choice : *choices) {
      for (const std::string& pattern : choice.names) {
        if (pattern.starts_with("*.") == wildcards && covers(pattern, name)) {
          return choice.context.get();
        }
      }
    }
    return nullptr;
  };
  if (SSL_CTX* const exact = fit(false)) return exact;
  if (SSL_CTX* const wildcard = fit(true)) return wildcard;
  return choices->front().context.get();
}

int Server::ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* mac, int seal) {
  const Server* const server = of(ssl);
  return server == nullptr ? 0 : server->tickets_.prepare(name, iv, cipher, mac, seal != 0);
}

}  // namespace limpet::tls
