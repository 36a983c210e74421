# Packer settings for the guest that unattend.toml describes, made with its medium.
# The options fit any builder that installs from an ISO: change qemu, and add disk, memory, network.
# Packer 1.7 and later: add the builder's plugin (packer plugins install).

variable "iso_url" {
  type = string
}

variable "iso_checksum" {
  type = string
}

source "qemu" "windows" {
  iso_url      = var.iso_url
  iso_checksum = var.iso_checksum

  floppy_files = [
    "${path.root}/../Autounattend.xml",
  ]

  communicator = "none"
}

build {
  sources = ["source.qemu.windows"]
}
