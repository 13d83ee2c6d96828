#include "runtime/certificate.h"

#include <gtest/gtest.h>

#include "runtime/authority.h"

namespace limpet {
namespace {

TEST(Certificate, WhatIsNotOneIsRefused) {
  EXPECT_FALSE(read_certificates("").ok());
  EXPECT_FALSE(read_certificates("words").ok());
  const std::string pem = Authority::create("CA", {0, 1000}).value().certificate_pem();
  EXPECT_FALSE(read_certificates(pem + pem.substr(0, pem.size() / 2)).ok());
  EXPECT_FALSE(read_private_key(pem).ok());
  EXPECT_FALSE(Authorities::read("").ok());
}

}  // namespace
}  // namespace limpet
