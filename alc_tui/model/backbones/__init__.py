"""Backbones that torchvision does not have: a small ResNet, and the models of timm."""
