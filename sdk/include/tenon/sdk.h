/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_SDK_H
#define TENON_SDK_H

/* Everything that is stable. Drafts (draft/...) are included one by one, on purpose. */
#include <tenon/abi/async.h>
#include <tenon/abi/base.h>
#include <tenon/abi/module.h>
#include <tenon/host/async.h>
#include <tenon/host/config.h>
#include <tenon/host/health.h>
#include <tenon/host/log.h>
#include <tenon/host/metrics.h>
#include <tenon/kind/auth.h>

#endif
