#pragma once

#include <memory>
#include <string>

#include <tenon/config.hpp>

#include "shared/http/stream.h"
#include "shared/http/url.h"

namespace tenon::http {

// Which service, and how it is known. Files are absolute paths; empty: none.
struct ServiceOptions {
  Url url;
  std::string token_file;        // a secret for "Authorization: Bearer"
  std::string ca_file;           // empty: the system's
  std::string certificate_file;  // both or none
  std::string key_file;
};

// Reads "url" and those of the same names as above. Throws a Failure that names the option.
ServiceOptions read_service_options(const sdk::Config& config);

// What requests to the service are made with. Does not change.
struct Service {
  Url url;
  std::string head_fields;          // of each request, each with its line end
  std::unique_ptr<TlsContext> tls;  // null: without TLS
};

// Reads the files. Throws a Failure that names the file. Blocks on the disk.
Service load_service(const ServiceOptions& options);

}  // namespace tenon::http
