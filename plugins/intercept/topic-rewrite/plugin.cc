#include <tenon/module.hpp>

#include "topic_rewrite.h"

TENON_CPP_MODULE(1, "tenon.intercept-topic-rewrite", TENON_VERSION, tenon::topic_rewrite::TopicRewrite)
