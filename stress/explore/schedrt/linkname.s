// This file is empty. An assembly file in a package lets uncontrolled.go declare functions without a body.
