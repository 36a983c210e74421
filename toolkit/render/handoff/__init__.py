"""The same lines of the spec as settings of Packer, Ansible and Vagrant. No secret is in them."""
