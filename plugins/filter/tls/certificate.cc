#include "certificate.h"

#include <openssl/bio.h>
#include <openssl/x509v3.h>

#include <memory>

#include "tls_context.h"

namespace tenon::filter_tls {
namespace {

std::string text_of(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int len = ASN1_STRING_to_UTF8(&utf8, value);
  if (len < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(len));
  OPENSSL_free(utf8);
  // A name that goes on behind a NUL would be taken for another one somewhere.
  return text.find('\0') == std::string::npos ? text : std::string();
}

std::string common_name_of(const X509* certificate) {
  X509_NAME* const name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::string alternative_name_of(const X509* certificate) {
  const auto release = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  const std::unique_ptr<GENERAL_NAMES, decltype(release)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      release);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI)
      return text_of(static_cast<const ASN1_STRING*>(value));
  }
  return {};
}

}  // namespace

std::string subject_of(const X509* certificate) {
  const std::unique_ptr<BIO, Release<&BIO_free>> out(BIO_new(BIO_s_mem()));
  if (!out) return {};
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                     (XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB)));
  char* data = nullptr;
  const long len = BIO_get_mem_data(out.get(), &data);
  return len > 0 ? std::string(data, static_cast<std::size_t>(len)) : std::string();
}

std::string der_of(const X509* certificate) {
  unsigned char* bytes = nullptr;
  const int len = i2d_X509(certificate, &bytes);
  if (len <= 0) return {};
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(len));
  OPENSSL_free(bytes);
  return der;
}

std::string username_of(const X509* certificate, UsernameFrom from) {
  switch (from) {
    case UsernameFrom::none:
      break;
    case UsernameFrom::common_name:
      return common_name_of(certificate);
    case UsernameFrom::alternative_name:
      return alternative_name_of(certificate);
  }
  return {};
}

}  // namespace tenon::filter_tls
