#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "certificate.h"
#include "support/filter_rig.h"
#include "tls_conn.h"

namespace tenon::filter_tls {
namespace {

namespace fs = std::filesystem;
using test::FilterRig;
using testing::HasSubstr;

using KeyPtr = std::unique_ptr<EVP_PKEY, Release<&EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Release<&X509_free>>;

// A certificate that signs itself, with these common names and alternative names ("DNS:a,URI:b").
struct Identity {
  KeyPtr key{EVP_EC_gen("P-256")};
  CertificatePtr certificate{X509_new()};

  explicit Identity(const std::vector<std::string>& names, const char* alternatives = nullptr) {
    X509* const c = certificate.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
    X509_gmtime_adj(X509_getm_notBefore(c), -3600);
    X509_gmtime_adj(X509_getm_notAfter(c), 3600);
    X509_set_pubkey(c, key.get());
    for (const std::string& name : names)
      X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(c, X509_get_subject_name(c));
    if (alternatives) {
      X509_EXTENSION* const extension =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternatives);
      X509_add_ext(c, extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(c, key.get(), EVP_sha256());
  }

  // The same as an authority.
  Identity signs_others() && {
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    return std::move(*this);
  }
  // The same, for so many seconds from now on.
  Identity ends_in(long seconds) && {
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    return std::move(*this);
  }
  // The same, signed by another.
  Identity signed_by(const Identity& issuer, long serial) && {
    X509* const c = certificate.get();
    ASN1_INTEGER_set(X509_get_serialNumber(c), serial);
    X509_set_issuer_name(c, X509_get_subject_name(issuer.certificate.get()));
    X509_sign(c, issuer.key.get(), EVP_sha256());
    return std::move(*this);
  }
};

using ListPtr = std::unique_ptr<X509_CRL, Release<&X509_CRL_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, Release<&ASN1_TIME_free>>;

// What `issuer` has revoked; the list ends in so many seconds.
ListPtr list_of(const Identity& issuer, const std::vector<const Identity*>& revoked, long ends_s) {
  const TimePtr begin(X509_gmtime_adj(nullptr, -3600));
  const TimePtr end(X509_gmtime_adj(nullptr, ends_s));
  ListPtr list(X509_CRL_new());
  X509_CRL_set_version(list.get(), 1);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), begin.get());
  X509_CRL_set1_nextUpdate(list.get(), end.get());
  for (const Identity* one : revoked) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one->certificate.get()));
    X509_REVOKED_set_revocationDate(entry, begin.get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256());
  return list;
}

TEST(CertificateName, IsTheOneCommonName) {
  EXPECT_EQ(username_of(Identity({"alice"}).certificate.get(), UsernameFrom::common_name), "alice");
  EXPECT_EQ(username_of(Identity({"\u00edngrid"}).certificate.get(), UsernameFrom::common_name),
            "\u00edngrid");
  EXPECT_EQ(username_of(Identity({"alice"}).certificate.get(), UsernameFrom::none), "");
}

TEST(CertificateName, IsNoneWhenItCouldBeTakenForAnother) {
  EXPECT_EQ(username_of(Identity({}).certificate.get(), UsernameFrom::common_name), "");
  EXPECT_EQ(username_of(Identity({"alice", "bob"}).certificate.get(), UsernameFrom::common_name), "");
  EXPECT_EQ(
      username_of(Identity({std::string("alice\0.evil", 11)}).certificate.get(), UsernameFrom::common_name),
      "");
}

TEST(CertificateName, IsTheFirstAlternativeNameOfItsKinds) {
  const auto name = [](const char* alternatives) {
    return username_of(Identity({"cn"}, alternatives).certificate.get(), UsernameFrom::alternative_name);
  };
  EXPECT_EQ(name("IP:127.0.0.1,DNS:a.example,URI:urn:b"), "a.example");
  EXPECT_EQ(name("URI:urn:b,DNS:a.example"), "urn:b");
  EXPECT_EQ(name("email:a@example.org"), "a@example.org");
  EXPECT_EQ(name("IP:127.0.0.1"), "");
  EXPECT_EQ(name(nullptr), "");
}

TEST(CertificateName, SubjectIsWrittenAsRfc4514) {
  EXPECT_EQ(subject_of(Identity({"a,b"}).certificate.get()), "CN=a\\,b");
}

// A server's side under test, and an OpenSSL client whose bytes are carried by hand.
class TlsPair : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(::testing::TempDir()) / ("tenon-tls-" + std::to_string(::getpid()));
    fs::create_directories(dir_);
    const Identity identity({"server"});
    write("cert.pem", [&](FILE* file) { PEM_write_X509(file, identity.certificate.get()); });
    write("key.pem", [&](FILE* file) {
      PEM_write_PrivateKey(file, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    Options options;
    options.certificate = (dir_ / "cert.pem").string();
    options.key = (dir_ / "key.pem").string();
    options.version_min = TLS1_2_VERSION;
    options.alpn = "\x04mqtt";
    context_ = std::make_shared<TlsContext>(options);
    conn_ = std::make_unique<TlsConn>(rig_.link(), TENON_ROLE_SERVER, context_, buffers_, counters_);
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_bio(client_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client_.get());
  }
  void TearDown() override { fs::remove_all(dir_); }

  template <class Fn>
  void write(const char* name, Fn fn) {
    const std::unique_ptr<FILE, Release<&std::fclose>> file(std::fopen((dir_ / name).c_str(), "w"));
    ASSERT_TRUE(file);
    fn(file.get());
  }

  // What the client has written and the server has not seen.
  std::string from_client() {
    char* data = nullptr;
    const long len = BIO_get_mem_data(SSL_get_wbio(client_.get()), &data);
    std::string bytes(data, static_cast<std::size_t>(len));
    (void)BIO_reset(SSL_get_wbio(client_.get()));
    return bytes;
  }
  void to_client() {
    BIO_write(SSL_get_rbio(client_.get()), rig_.down.data(), static_cast<int>(rig_.down.size()));
    rig_.down.clear();
  }
  void shake_hands(std::size_t step = SIZE_MAX) {
    for (int round = 0; round < 4; ++round) {
      SSL_do_handshake(client_.get());
      ASSERT_EQ(rig_.feed(*conn_, from_client(), step), TENON_OK) << rig_.reason;
      to_client();
    }
    ASSERT_EQ(rig_.ready_count, 1);
  }
  std::string read_client() {
    std::string all;
    char bytes[4096];
    for (int len; (len = SSL_read(client_.get(), bytes, sizeof bytes)) > 0;)
      all.append(bytes, static_cast<std::size_t>(len));
    return all;
  }

  fs::path dir_;
  FilterRig rig_;
  Counters counters_;
  WorkerBuffers buffers_;
  std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<TlsConn> conn_;
  SslContextPtr client_context_;
  SslPtr client_;
};

TEST_F(TlsPair, HandshakeInAnySplitTellsWhatWasAgreed) {
  const unsigned char offered[] = "\x04mqtt";
  SSL_set_alpn_protos(client_.get(), offered, 5);
  SSL_set_tlsext_host_name(client_.get(), "broker.example");
  shake_hands(1);
  EXPECT_EQ(rig_.facts[TENON_FACT_TLS_VERSION], "TLSv1.3");
  EXPECT_EQ(rig_.facts[TENON_FACT_TLS_ALPN], "mqtt");
  EXPECT_EQ(rig_.facts[TENON_FACT_TLS_SNI], "broker.example");
  EXPECT_EQ(rig_.facts.count(TENON_FACT_CERT_VERIFIED), 0u);
}

TEST_F(TlsPair, BytesGoUpInOrderWhateverIsTaken) {
  shake_hands();
  std::string text(100'000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  SSL_write(client_.get(), text.data(), static_cast<int>(text.size()));
  rig_.space_bytes = 700;
  rig_.room_bytes = 0;
  rig_.again_bytes = 5000;
  EXPECT_EQ(rig_.feed(*conn_, from_client(), 3000), TENON_OK);
  EXPECT_GT(rig_.again_count, 10);
  EXPECT_EQ(rig_.up, text);
}

TEST_F(TlsPair, WhatIsAboveIsHeardWhereTheInputEndsBeforeTheSpaceIsFull) {
  shake_hands();
  SSL_write(client_.get(), "text", 4);
  rig_.space_bytes = 100'000;
  rig_.room_bytes = 0;
  const std::string record = from_client();
  std::uint64_t taken = 0;
  EXPECT_EQ(conn_->receive({reinterpret_cast<const std::uint8_t*>(record.data()), record.size()}, &taken),
            TENON_AGAIN);
  EXPECT_EQ(taken, record.size());
  EXPECT_EQ(rig_.up, "text");
}

TEST_F(TlsPair, TheEndComesBehindWhatWaitsAbove) {
  shake_hands();
  SSL_write(client_.get(), "text", 4);
  SSL_shutdown(client_.get());
  rig_.space_bytes = 100'000;
  rig_.room_bytes = 0;
  rig_.again_bytes = 10;
  EXPECT_EQ(rig_.feed(*conn_, from_client()), TENON_E_CLOSED);
  EXPECT_EQ(rig_.up, "text");
  EXPECT_EQ(rig_.again_count, 1);
}

TEST_F(TlsPair, PiecesOfATurnShareRecords) {
  shake_hands();
  to_client();
  std::vector<tenon_bytes> spans(64, {reinterpret_cast<const std::uint8_t*>("0123456789"), 10});
  EXPECT_EQ(conn_->send_v(spans), TENON_OK);
  EXPECT_LT(rig_.down.size(), 640u + 64u);  // one record's head and tag, not 64 of them
  const std::string large(50'000, 'x');
  EXPECT_EQ(rig_.send(*conn_, large), TENON_OK);
  to_client();
  EXPECT_EQ(read_client().size(), 640u + 50'000u);
}

TEST_F(TlsPair, EndsInGoodOrderFromBothSides) {
  shake_hands();
  SSL_shutdown(client_.get());
  EXPECT_EQ(rig_.feed(*conn_, from_client()), TENON_E_CLOSED);
  conn_->finish();
  to_client();
  read_client();
  EXPECT_NE(SSL_get_shutdown(client_.get()) & SSL_RECEIVED_SHUTDOWN, 0);
}

TEST_F(TlsPair, GarbageIsAnsweredWithAnAlertAndAReason) {
  EXPECT_EQ(rig_.feed(*conn_, std::string(1000, 'x')), TENON_E_INVALID);
  EXPECT_EQ(rig_.ready_count, 0);
  EXPECT_TRUE(rig_.reason.starts_with("TLS handshake: ")) << rig_.reason;
}

TEST_F(TlsPair, AForgedRecordEndsTheLink) {
  shake_hands();
  SSL_write(client_.get(), "x", 1);
  std::string bytes = from_client();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_EQ(rig_.feed(*conn_, bytes), TENON_E_INVALID);
  EXPECT_EQ(rig_.up, "");
  EXPECT_EQ(rig_.down.empty(), false);  // the alert
}

// Two sides under test, each with its identity and what it trusts, whose bytes are carried by hand.
class TlsPeers : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(::testing::TempDir()) / ("tenon-tls-peers-" + std::to_string(::getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  struct Side {
    FilterRig rig;
    Counters counters;
    WorkerBuffers buffers;
    std::unique_ptr<TlsConn> conn;
    tenon_status status = TENON_OK;
  };

  // The files of an identity, which is its own authority.
  std::string file(const std::string& name, const char* end) const { return (dir_ / (name + end)).string(); }
  void make(const std::string& name, const char* alternatives = nullptr) {
    const Identity identity({name}, alternatives);
    const auto write = [](const std::string& path, auto fn) {
      const std::unique_ptr<FILE, Release<&std::fclose>> out(std::fopen(path.c_str(), "w"));
      ASSERT_TRUE(out);
      fn(out.get());
    };
    write(file(name, ".pem"), [&](FILE* out) { PEM_write_X509(out, identity.certificate.get()); });
    write(file(name, ".key"), [&](FILE* out) {
      PEM_write_PrivateKey(out, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  std::shared_ptr<const TlsContext> context(const std::string& own, const std::string& trusted,
                                            std::vector<std::string> names = {},
                                            int version = TLS1_2_VERSION) {
    Options options;
    options.certificate = file(own, ".pem");
    options.key = file(own, ".key");
    options.ca = trusted.empty() ? "" : file(trusted, ".pem");
    options.client_certificate = trusted.empty() ? ClientCertificate::none : ClientCertificate::required;
    options.peer_names = std::move(names);
    options.version_min = version;
    return std::make_shared<TlsContext>(options);
  }
  void open(std::shared_ptr<const TlsContext> server, std::shared_ptr<const TlsContext> client) {
    server_.conn = std::make_unique<TlsConn>(server_.rig.link(), TENON_ROLE_SERVER, std::move(server),
                                             server_.buffers, server_.counters);
    client_.conn = std::make_unique<TlsConn>(client_.rig.link(), TENON_ROLE_CLIENT, std::move(client),
                                             client_.buffers, client_.counters);
    client_.conn->begin();
    for (int round = 0; round < 4; ++round) {
      carry(client_, server_);
      carry(server_, client_);
    }
  }
  static void carry(Side& from, Side& to) {
    const std::string bytes = std::exchange(from.rig.down, {});
    if (to.status == TENON_OK && !bytes.empty()) to.status = to.rig.feed(*to.conn, bytes);
  }

  fs::path dir_;
  Side server_;
  Side client_;
};

TEST_F(TlsPeers, EachShowsItsCertificateAndBytesGoBothWays) {
  make("a");
  make("b");
  open(context("a", "b"), context("b", "a"));
  EXPECT_EQ(server_.rig.ready_count, 1);
  EXPECT_EQ(client_.rig.ready_count, 1);
  EXPECT_EQ(server_.rig.facts[TENON_FACT_CERT_SUBJECT], "CN=b");
  EXPECT_EQ(client_.rig.facts[TENON_FACT_CERT_SUBJECT], "CN=a");
  EXPECT_EQ(server_.rig.facts.count(TENON_FACT_CERT_VERIFIED), 1u);
  EXPECT_EQ(client_.rig.facts.count(TENON_FACT_CERT_VERIFIED), 1u);
  EXPECT_EQ(client_.rig.send(*client_.conn, "to the server"), TENON_OK);
  EXPECT_EQ(server_.rig.send(*server_.conn, "to the client"), TENON_OK);
  carry(client_, server_);
  carry(server_, client_);
  EXPECT_EQ(server_.rig.up, "to the server");
  EXPECT_EQ(client_.rig.up, "to the client");
}

TEST_F(TlsPeers, AServerThatTheAuthorityHasNotSignedIsRefused) {
  make("a");
  make("b");
  make("other");
  open(context("other", "b"), context("b", "a"));
  EXPECT_EQ(client_.rig.ready_count, 0);
  EXPECT_EQ(client_.status, TENON_E_INVALID);
  EXPECT_NE(client_.rig.reason.find("certificate"), std::string::npos) << client_.rig.reason;
  EXPECT_EQ(server_.rig.ready_count, 0);
}

TEST_F(TlsPeers, AClientThatTheAuthorityHasNotSignedIsRefusedAndHearsIt) {
  make("a");
  make("b");
  make("other");
  open(context("a", "b"), context("other", "a"));
  EXPECT_EQ(server_.rig.ready_count, 0);
  EXPECT_EQ(server_.status, TENON_E_INVALID);
  EXPECT_EQ(client_.status, TENON_E_INVALID);
  EXPECT_NE(client_.rig.reason.find("alert"), std::string::npos) << client_.rig.reason;
}

TEST_F(TlsPeers, ANameThatIsWantedIsLookedForOnBothSides) {
  make("a", "DNS:a.nodes.example,DNS:nodes.example");
  make("b", "DNS:b.nodes.example,DNS:nodes.example");
  open(context("a", "b", {"nodes.example"}), context("b", "a", {"x.example", "nodes.example"}));
  EXPECT_EQ(server_.rig.ready_count, 1);
  EXPECT_EQ(client_.rig.ready_count, 1);
}

TEST_F(TlsPeers, AClientWithoutTheNameThatIsWantedIsRefused) {
  make("a", "DNS:nodes.example");
  make("b", "DNS:sensor.example");
  open(context("a", "b", {"nodes.example"}), context("b", "a"));
  EXPECT_EQ(server_.rig.ready_count, 0);
  EXPECT_NE(server_.rig.reason.find("ostname mismatch"), std::string::npos) << server_.rig.reason;
}

TEST_F(TlsPeers, AServerWithoutTheNameThatIsWantedIsRefused) {
  make("a", "DNS:sensor.example");
  make("b", "DNS:nodes.example");
  open(context("a", "b"), context("b", "a", {"nodes.example"}));
  EXPECT_EQ(client_.rig.ready_count, 0);
  EXPECT_NE(client_.rig.reason.find("ostname mismatch"), std::string::npos) << client_.rig.reason;
}

TEST_F(TlsPeers, WithoutAnAuthorityNothingIsConnectedTo) {
  make("a");
  EXPECT_THROW(context("a", "")->connect(), sdk::Failure);
}

// Two peers, both with the certificate "leaf", that "between" has signed, that "root" has signed.
class TlsChain : public TlsPeers {
 protected:
  void SetUp() override {
    TlsPeers::SetUp();
    write_certificates("root.pem", {&root_});
    write_certificates("leaf.pem", {&leaf_, &between_});
    write("leaf.key", [&](FILE* out) {
      return PEM_write_PrivateKey(out, leaf_.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  // An issuer's list.
  struct List {
    const Identity& issuer;
    std::vector<const Identity*> revoked;
    long ends_s = 3600;
  };

  // What the server says of the client behind these lists; empty: it is let in.
  std::string refusal_of_client(const std::vector<List>& lists) {
    open(context_with(lists), context("leaf", "root"));
    return told_by(server_);
  }
  // The same of the other side.
  std::string refusal_of_server(const std::vector<List>& lists) {
    open(context("leaf", "root"), context_with(lists));
    return told_by(client_);
  }

  const Identity root_ = Identity({"root"}).signs_others();
  const Identity between_ = Identity({"between"}).signs_others().signed_by(root_, 2);
  const Identity leaf_ = Identity({"leaf"}).signed_by(between_, 3);

  template <class Fn>
  void write(const std::string& name, Fn fn) {
    const std::unique_ptr<FILE, Release<&std::fclose>> out(std::fopen((dir_ / name).c_str(), "w"));
    ASSERT_TRUE(out);
    ASSERT_EQ(fn(out.get()), 1);
  }
  void write_certificates(const std::string& name, const std::vector<const Identity*>& those) {
    write(name, [&](FILE* out) {
      for (const Identity* one : those)
        if (PEM_write_X509(out, one->certificate.get()) != 1) return 0;
      return 1;
    });
  }
  std::shared_ptr<const TlsContext> context_with(const std::vector<List>& lists) {
    write("lists.pem", [&](FILE* out) {
      for (const List& list : lists)
        if (PEM_write_X509_CRL(out, list_of(list.issuer, list.revoked, list.ends_s).get()) != 1) return 0;
      return 1;
    });
    Options options = context("leaf", "root")->options();
    options.crl = file("lists", ".pem");
    return std::make_shared<TlsContext>(options);
  }

 private:
  static std::string told_by(const Side& side) {
    if (side.rig.ready_count == 0) return side.rig.reason.empty() ? "no end" : side.rig.reason;
    return side.rig.facts.count(TENON_FACT_CERT_VERIFIED) == 1 ? ""
                                                               : "let in without a certificate that holds";
  }
};

TEST_F(TlsChain, AClientIsLetInThatNoListNamesNorAnyOfItsIssuers) {
  EXPECT_EQ(refusal_of_client({{root_, {}}, {between_, {}}}), "");
}

TEST_F(TlsChain, AServerIsBelievedThatNoListNamesNorAnyOfItsIssuers) {
  EXPECT_EQ(refusal_of_server({{root_, {}}, {between_, {}}}), "");
}

TEST_F(TlsChain, AClientWithARevokedIntermediateIsRefused) {
  EXPECT_THAT(refusal_of_client({{root_, {&between_}}, {between_, {}}}), HasSubstr("revoked"));
}

TEST_F(TlsChain, AServerWithARevokedIntermediateIsRefused) {
  EXPECT_THAT(refusal_of_server({{root_, {&between_}}, {between_, {}}}), HasSubstr("revoked"));
}

TEST_F(TlsChain, ARevokedLeafIsRefused) {
  EXPECT_THAT(refusal_of_client({{between_, {&leaf_}}}), HasSubstr("revoked"));
}

TEST_F(TlsChain, TheListOfTheLeafsIssuerIsEnough) {
  EXPECT_EQ(refusal_of_client({{between_, {}}}), "");
}

TEST_F(TlsChain, WithoutTheListOfTheLeafsIssuerNobodyIsLetIn) {
  EXPECT_THAT(refusal_of_client({{root_, {}}}), HasSubstr("unable to get certificate CRL"));
}

TEST_F(TlsChain, AListAboveTheLeafsIssuerThatHasEndedRefuses) {
  EXPECT_THAT(refusal_of_client({{root_, {}, -60}, {between_, {}}}), HasSubstr("CRL has expired"));
}

using SessionPtr = std::unique_ptr<SSL_SESSION, Release<&SSL_SESSION_free>>;

// Clients that keep the session that they were given last, and log in by it.
class TlsSessions : public TlsChain {
 protected:
  struct Client {
    std::string what;
    std::shared_ptr<const TlsContext> server;
    SslContextPtr context;
    SessionPtr session;
  };

  // How long what is checked of a client holds.
  struct Ends {
    std::string what;
    long leaf_s, between_s, list_s;
  };

  static Client client(int version, std::shared_ptr<const TlsContext> server) {
    Client made{version == TLS1_2_VERSION ? "TLS 1.2" : "TLS 1.3", std::move(server),
                SslContextPtr(SSL_CTX_new(TLS_client_method())), nullptr};
    SSL_CTX_set_max_proto_version(made.context.get(), version);
    return made;
  }
  Client client(int version, const Ends& ends) {
    const Identity between = Identity({"between"}).signs_others().ends_in(ends.between_s).signed_by(root_, 2);
    const Identity leaf = Identity({"leaf"}).ends_in(ends.leaf_s).signed_by(between, 3);
    Client made = client(version, context_with({{root_, {}}, {between, {}, ends.list_s}}));
    made.what += ", " + ends.what;
    SSL_CTX_use_certificate(made.context.get(), leaf.certificate.get());
    SSL_CTX_use_PrivateKey(made.context.get(), leaf.key.get());
    SSL_CTX_add1_chain_cert(made.context.get(), between.certificate.get());
    return made;
  }

  // "resumed", "let in" by a full handshake, or the reason why not.
  static std::string log_in(Client& client) {
    Side server;
    server.conn = std::make_unique<TlsConn>(server.rig.link(), TENON_ROLE_SERVER, client.server,
                                            server.buffers, server.counters);
    const SslPtr ssl(SSL_new(client.context.get()));
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl.get());
    if (client.session) SSL_set_session(ssl.get(), client.session.get());
    for (int round = 0; round < 4 && server.status == TENON_OK; ++round) {
      char byte;
      SSL_read(ssl.get(), &byte, 1);  // shakes hands, then takes what tickets there are
      char* data = nullptr;
      const auto len = static_cast<std::size_t>(BIO_get_mem_data(SSL_get_wbio(ssl.get()), &data));
      if (len > 0) server.status = server.rig.feed(*server.conn, std::string(data, len));
      (void)BIO_reset(SSL_get_wbio(ssl.get()));
      const std::string down = std::exchange(server.rig.down, {});
      BIO_write(SSL_get_rbio(ssl.get()), down.data(), static_cast<int>(down.size()));
    }
    if (server.rig.ready_count == 0) return server.rig.reason;
    client.session.reset(SSL_get1_session(ssl.get()));
    SSL_shutdown(ssl.get());  // the session of a link that was cut off is not used again
    return SSL_session_reused(ssl.get()) == 1 ? "resumed" : "let in";
  }
};

TEST_F(TlsSessions, GoOnWithoutACertificateWhereClientsNeedNone) {
  Options options = context("leaf", "root")->options();
  options.client_certificate = ClientCertificate::optional;
  const auto server = std::make_shared<TlsContext>(options);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client one = client(version, server);
    EXPECT_EQ(log_in(one), "let in") << one.what;
    EXPECT_EQ(log_in(one), "resumed") << one.what;
    EXPECT_EQ(log_in(one), "resumed") << one.what;
  }
}

TEST_F(TlsSessions, EndWithWhatWasCheckedOfTheClientAlsoThoseThatOthersWereResumedBy) {
  constexpr long soon_s = 4;
  std::vector<Client> clients;
  std::vector<Client> lasting;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    clients.push_back(client(version, {"its certificate", soon_s, 3600, 3600}));
    clients.push_back(client(version, {"its issuer's", 3600, soon_s, 3600}));
    clients.push_back(client(version, {"a list", 3600, 3600, soon_s}));
    lasting.push_back(client(version, {"nothing", 3600, 3600, 3600}));
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::vector<Client>* some : {&clients, &lasting}) {
    for (Client& one : *some) {
      EXPECT_EQ(log_in(one), "let in") << one.what;
      EXPECT_EQ(log_in(one), "resumed") << one.what;
    }
  }
  std::this_thread::sleep_until(begin + std::chrono::seconds(soon_s + 1));
  for (Client& one : clients) EXPECT_THAT(log_in(one), HasSubstr("has expired")) << one.what;
  for (Client& one : lasting) EXPECT_EQ(log_in(one), "resumed") << one.what;
}

}  // namespace
}  // namespace tenon::filter_tls
